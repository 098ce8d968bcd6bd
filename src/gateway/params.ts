/** From OpenAI's fields to what a coordinator is asked. */
import { randomBytes } from 'node:crypto'
import { HttpError } from './errors.ts'
import type { Answers } from './answers.ts'
import type { SamplingFields } from './schema/fields.ts'
import type { GatewayModel, Generator } from './types.ts'
import type { GenerateRequest, SamplingOptions } from '../pipeline/index.ts'

/** What the handlers of the endpoints need. */
export interface HandlerComponents {
  readonly generator: Pick<Generator, 'models'>
  readonly answers: Answers
  readonly maxPromptCharacters: number
}

/** How long an answer may be where the client didn't say; the coordinator takes what the context leaves. */
const DEFAULT_MAX_TOKENS = 1024

/** @param logprobs how many alternatives to report; undefined: no log probabilities */
function samplingOptions (request: SamplingFields, logprobs: number | undefined): Partial<SamplingOptions> {
  return {
    temperature: request.temperature ?? 1,
    topP: request.top_p ?? 1,
    topK: Math.max(0, request.top_k ?? 0),
    minP: request.min_p ?? 0,
    repetitionPenalty: request.repetition_penalty ?? 1,
    presencePenalty: request.presence_penalty ?? 0,
    frequencyPenalty: request.frequency_penalty ?? 0,
    logitBias: new Map(Object.entries(request.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias])),
    ...(request.seed == null ? {} : { seed: BigInt.asUintN(64, BigInt(request.seed)) }),
    ...(logprobs == null ? {} : { logprobs })
  }
}

/** What a request asks for apart from its prompt. */
export function requestBase (request: SamplingFields, model: GatewayModel, maxTokens: number | undefined, logprobs: number | undefined): Omit<GenerateRequest, 'prompt'> {
  return {
    modelId: model.modelId,
    maxTokens: maxTokens ?? DEFAULT_MAX_TOKENS,
    stop: request.stop == null ? [] : typeof request.stop === 'string' ? [request.stop] : request.stop,
    sampling: samplingOptions(request, logprobs),
    ...(request.wire == null ? {} : { wire: request.wire }),
    ...(request.ignore_eos === true ? { ignoreEos: true } : {})
  }
}

/** The choice with this index has a seed of its own, so that they differ and can be asked for again. */
export function withChoice<T extends { readonly sampling: Partial<SamplingOptions> }> (request: T, index: number): T {
  const { seed } = request.sampling
  return seed == null || index === 0 ? request : { ...request, sampling: { ...request.sampling, seed: BigInt.asUintN(64, seed + BigInt(index)) } }
}

/** The model a request names by name or id; without one, the only one there is. */
export async function chooseModel (generator: Pick<Generator, 'models'>, name: string | null | undefined, signal: AbortSignal): Promise<GatewayModel> {
  const models = await generator.models({ signal })
  if (name == null || name === '') {
    const [only, other] = models
    if (only == null) throw new HttpError('no model is served now', { status: 503, code: 'no_route', retryAfterS: 5 })
    if (other != null) throw new HttpError(`say which model: ${models.map((model) => model.name).join(', ')}`, { status: 400, param: 'model' })
    return only
  }
  const found = [
    models.filter((model) => model.modelId === name), models.filter((model) => model.name === name), models.filter((model) => model.alias === name)
  ].find((all) => all.length > 0) ?? []
  const [model, another] = found
  if (another != null) throw new HttpError(`several models are called ${name}; use an id: ${found.map(({ modelId }) => modelId).join(', ')}`, { status: 400, param: 'model' })
  if (model != null) return model
  const known = models.length === 0 ? 'none is served now' : `there are: ${models.map((each) => each.name).join(', ')}`
  throw new HttpError(`the model '${name}' does not exist here; ${known}`, { status: 404, code: 'model_not_found', param: 'model' })
}

export const newId = (prefix: string): string => `${prefix}-${randomBytes(12).toString('hex')}`

/** What the bodies and chunks of one answer have in common. */
export const frameOf = (prefix: string, model: GatewayModel): object =>
  ({ id: newId(prefix), created: Math.floor(Date.now() / 1000), model: model.name, system_fingerprint: model.modelId })
