import { setTimeout as delay } from 'node:timers/promises'
import { HubError } from '../errors.ts'

export interface HubFetchInit {
  /** Ends everything. */
  readonly signal?: AbortSignal | undefined
  /** Tries of one request. @default 6 */
  readonly attempts?: number
  /** The first pause; each next one is twice as long. @default 500 */
  readonly pauseMs?: number
  /** No pause is longer, whatever the hub asks for. @default 60,000 */
  readonly maxPauseMs?: number
  /** A request without an answer's head for so long is made again. @default 30,000 */
  readonly answerMs?: number
}

/** Says to come back later, or failed for a moment. */
const PASSING = new Set([408, 429, 500, 502, 503, 504])

/** `Retry-After`: seconds, or a date. */
function retryAfterMs (response: Response): number | undefined {
  const text = response.headers.get('retry-after')
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/** `fetch` that comes back to a hub which has no time now or does not answer, and waits as long as it is asked to. @throws {HubError} */
export function hubFetch ({ signal, attempts = 6, pauseMs = 500, maxPauseMs = 60_000, answerMs = 30_000 }: HubFetchInit = {}): typeof fetch {
  return async (input, init = {}) => {
    const url = String(input instanceof Request ? input.url : input)
    for (let attempt = 1; ; attempt++) {
      const late = new AbortController()
      const timer = setTimeout(() => { late.abort(new Error(`no answer within ${answerMs} ms`)) }, answerMs)
      const asked = AbortSignal.any([late.signal, ...[signal, init.signal].flatMap((one) => one ?? [])])
      let pause = pauseMs * 2 ** (attempt - 1)
      try {
        const response = await fetch(input, { ...init, signal: asked })
        if (!PASSING.has(response.status) || attempt === attempts) return response
        pause = retryAfterMs(response) ?? pause
        await response.body?.cancel()
      } catch (error) {
        signal?.throwIfAborted()
        init.signal?.throwIfAborted()
        if (attempt === attempts) throw new HubError(`the hub at ${new URL(url).origin} can't be reached: ${reasonOf(late.signal.aborted ? late.signal.reason : error)}`, { cause: error })
      } finally {
        clearTimeout(timer)
      }
      await delay(Math.min(pause, maxPauseMs), undefined, signal == null ? {} : { signal })
    }
  }
}

/** `fetch failed` alone helps nobody. */
function reasonOf (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
