/** From the field of a request that a coordinator found wrong to the name that whoever asked knows it by. */
import { HttpError } from './errors.ts'
import type { Handler } from './reply.ts'

/** Where an endpoint has its prompt, its format and its pooling. */
export interface ParamNames {
  readonly prompt: string
  readonly format?: string
  readonly embed?: string
}

/** The same at every endpoint that has them. */
const COMMON: ReadonlyMap<string, string> = new Map([
  ['logitBias', 'logit_bias'], ['tools', 'tools'], ['toolChoice', 'tool_choice'], ['stop', 'stop'], ['seed', 'seed'], ['wire', 'wire'], ['logprobs', 'logprobs'],
  ['temperature', 'temperature'], ['topP', 'top_p'], ['topK', 'top_k'], ['minP', 'min_p'],
  ['repetitionPenalty', 'repetition_penalty'], ['presencePenalty', 'presence_penalty'], ['frequencyPenalty', 'frequency_penalty']
])

/** A handler whose errors say what was wrong by the names of its endpoint. */
export function withParamNames (names: ParamNames, handle: Handler): Handler {
  const known = new Map([...COMMON, ...Object.entries<string>({ ...names })])
  const named = (error: unknown): unknown => {
    if (!(error instanceof Error && error.name === 'RequestError' && 'field' in error && typeof error.field === 'string')) return error
    const param = known.get(error.field)
    return param === undefined ? error : new HttpError(error.message, { status: 400, code: 'invalid_value', param, cause: error })
  }
  const rename = (error: unknown): never => { throw named(error) }

  return async (body, signal) => {
    const answered = await handle(body, signal).catch(rename)
    if (answered.kind === 'whole') return answered
    const { items } = answered
    return { kind: 'stream', items: { next: async () => await items.next().catch(rename), return: async () => await items.return?.() ?? { done: true, value: undefined } } }
  }
}
