/** What OpenAI's bodies and Shoal's headers say of answers that are done. */
import { routeHeader } from './route-header.ts'
import { SseComment } from './sse.ts'
import type { Done, Queued, Repaired } from './answers.ts'

/** OpenAI's `finish_reason`. */
export const finishReason = ({ finishReason: reason }: Done): string => (reason === 'cancelled' || reason === 'error' ? 'stop' : reason)

/** What became of the route that a stream's header named. */
export const repairComment = ({ lost, tookMs, replayed, route }: Repaired): SseComment =>
  new SseComment(`repaired ${JSON.stringify({ lost, tookMs: Math.round(tookMs), replayed })} x-shoal-route ${routeHeader(route)}`)

export const queuedComment = ({ position }: Queued): SseComment => new SseComment(`queued ${position}`)

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

/** Of answers that were made side by side: the first text of any, the end of all. */
export function serverTiming (answers: readonly Done[]): string {
  const ttft = answers.length === 0 ? 0 : Math.min(...answers.map(({ timings }) => timings.ttftMs))
  const total = Math.max(0, ...answers.map(({ timings }) => timings.totalMs))
  return `ttft;dur=${ttft.toFixed(1)}, total;dur=${total.toFixed(1)}`
}
