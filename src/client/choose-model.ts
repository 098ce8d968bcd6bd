/** Which model a question is for. Pure. */
import { AmbiguousModelError, NobodyServesError } from './errors.ts'
import type { ModelView } from './api.ts'

export interface ModelChoice {
  readonly modelId: string
  readonly model: string
  /** It was not named, nor served by the node that was joined: say so. */
  readonly guessed: boolean
}

export interface ChooseModelRequest {
  /** A name or id, as given. */
  readonly asked?: string | undefined
  /** What this machine's store calls by that name, if it does. */
  readonly storedId?: string | undefined
  readonly models: readonly ModelView[]
  /** Ids of the models that the joined node serves. */
  readonly joined: readonly string[]
}

const list = (models: readonly ModelView[]): string => models.map(({ model, modelId }) => `${model} (${modelId})`).join(', ')

const layers = (missing: ModelView['missing']): string => missing.map(([start, end]) => (end - start === 1 ? `layer ${start}` : `layers ${start} to ${end - 1}`)).join(', ')

export function uncovered ({ model, missing }: ModelView): NobodyServesError {
  return new NobodyServesError(`nobody serves ${layers(missing)} of ${model} now; start a node for ${missing.length === 1 ? 'them' : 'each'}: ` +
    missing.map(([start, end]) => `shoal serve --layers ${start}:${end}`).join(', '))
}

/** @throws {AmbiguousModelError} several could be meant @throws {NobodyServesError} nobody serves it whole */
export function chooseModel ({ asked, storedId, models, joined }: ChooseModelRequest): ModelChoice {
  const one = (view: ModelView, guessed: boolean): ModelChoice => {
    if (!view.covered) throw uncovered(view)
    return { modelId: view.modelId, model: view.model, guessed }
  }
  const covered = models.filter((view) => view.covered)

  if (asked != null) {
    const byId = models.find(({ modelId }) => modelId === asked || modelId === storedId)
    if (byId != null) return one(byId, false)
    const named = models.filter(({ model }) => model === asked)
    const [only, other] = named.length > 1 ? named.filter((view) => view.covered) : named
    if (only != null && other != null) throw new AmbiguousModelError(`several models are called ${asked}; name one by its id with --model: ${list(named)}`)
    if (only != null) return one(only, false)
    throw new NobodyServesError(`nobody serves the model ${asked} now; ${models.length === 0 ? 'no node serves any' : `there is ${list(models)}`}`)
  }

  const here = models.filter(({ modelId }) => joined.includes(modelId))
  const [mine, second] = here
  if (mine != null && second == null) return one(mine, false)
  const candidates = here.length > 1 ? here.filter((view) => view.covered) : covered
  const [only, other] = candidates
  if (only != null && other != null) throw new AmbiguousModelError(`several models are served; name one with --model: ${list(candidates)}`)
  if (only != null) return one(only, true)
  const [first] = here.length > 0 ? here : models
  throw first == null ? new NobodyServesError('no node serves any model now; start one with "shoal serve"') : uncovered(first)
}
