/** One session as the handlers see it: begun (so that its failure still has a status code), then read to its end. */
import { SseComment } from './sse.ts'
import type { Generator } from './types.ts'
import type { GenerateEvent, GenerateRequest, RouteStage } from '../pipeline/index.ts'

type Of<Kind extends GenerateEvent['kind']> = Extract<GenerateEvent, { kind: Kind }>
export type Started = Of<'started'>
export type Scored = Of<'scored'>['tokens']
export type Token = Of<'token'>
export type Done = Of<'done'>

export interface Answer {
  readonly started: Started
  readonly events: AsyncIterable<GenerateEvent>
}

/** Opens a session and waits for its route. */
export async function begin (generator: Generator, request: GenerateRequest, signal: AbortSignal): Promise<Answer> {
  const iterator = generator.generate(request, { signal })[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true || first.value.kind !== 'started') throw new Error('the session did not start')
  return {
    started: first.value,
    events: {
      [Symbol.asyncIterator]: () => iterator
    }
  }
}

export interface Collected {
  readonly scored: Scored
  readonly tokens: readonly Token[]
  readonly done: Done
}

/** Reads a session to its end. */
export async function collect ({ events }: Answer): Promise<Collected> {
  const tokens: Token[] = []
  let scored: Scored = []
  for await (const event of events) {
    if (event.kind === 'token') tokens.push(event)
    if (event.kind === 'scored') scored = [...scored, ...event.tokens]
    if (event.kind === 'done') return { scored, tokens, done: complete(event) }
  }
  throw new Error('the answer ended without saying so')
}

/** The end of an answer, unless it is none. */
export function complete (done: Done): Done {
  if (done.finishReason === 'error') throw new Error('the answer broke off')
  return done
}

/** OpenAI's `finish_reason`. */
export const finishReason = ({ finishReason: reason }: Done): string => (reason === 'cancelled' || reason === 'error' ? 'stop' : reason)

/** What became of the route that a stream's header named. */
export const repairComment = ({ lost, tookMs, replayed, route }: Of<'repaired'>): SseComment =>
  new SseComment(`repaired ${JSON.stringify({ lost, tookMs: Math.round(tookMs), replayed })} x-shoal-route ${routeHeader(route)}`)

/** `PEERID[A:B] PEERID[B:C] …` */
export const routeHeader = (route: readonly RouteStage[]): string =>
  route.map(({ peerId, span: [start, end] }) => `${peerId}[${start}:${end}]`).join(' ')

export interface UsageBody {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
}

/** The prompt is counted once a session, as it is computed once a session. */
export function usageOf (answers: readonly Done[]): UsageBody {
  const sum = (count: (done: Done) => number): number => answers.reduce((total, done) => total + count(done), 0)
  const prompt = sum(({ usage }) => usage.promptTokens)
  const completion = sum(({ usage }) => usage.completionTokens)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: sum(({ usage }) => usage.cachedTokens) }
  }
}

export const serverTiming = (answers: readonly Done[]): string => {
  const [first] = answers
  const total = answers.reduce((sum, { timings }) => sum + timings.totalMs, 0)
  return `ttft;dur=${(first?.timings.ttftMs ?? 0).toFixed(1)}, total;dur=${total.toFixed(1)}`
}
