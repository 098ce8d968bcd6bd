import { setTimeout as delay } from 'node:timers/promises'
import { HubError } from '../errors.ts'
import { follow } from './follow.ts'

export interface HubFetchInit {
  /** Ends everything. */
  readonly signal?: AbortSignal | undefined
  /** Tries of one request. @default 6 */
  readonly attempts?: number
  /** The first pause; each next one is twice as long. @default 500 */
  readonly pauseMs?: number
  /** No pause is longer, whatever the hub asks for. @default 60,000 */
  readonly maxPauseMs?: number
  /** A request without an answer's head (of a description: without its last byte) for so long is made again. @default 30,000 */
  readonly answerMs?: number
}

/** Says to come back later, or failed for a moment. */
const PASSING = new Set([408, 429, 500, 502, 503, 504])
/** The list of a repository's files is the longest description: 100,000 files have about 10 MB. */
const MAX_DESCRIPTION_BYTES = 32 * 1024 * 1024
/** Answers that must not have a body. */
const EMPTY = new Set([204, 205, 304])

type Once = (input: string | URL | Request, init: RequestInit) => Promise<Response>

/**
 * `fetch` that comes back to a hub which has no time now or does not answer, and waits as long as it is asked to. The body is the
 * caller's to read, and to watch. @throws {HubError}
 */
export const hubFetch = (init: HubFetchInit = {}): typeof fetch => retried(init, async (input, request) => await fetch(input, request))

/**
 * The same for what is read whole: descriptions of repositories and files. They are bounded, and have to arrive in time. Redirects are
 * followed, the token stays at the hub, and what the hub says of a file that lies elsewhere is said of the answer.
 * @param origin of the hub
 */
export function describingFetch (init: HubFetchInit, origin: string): typeof fetch {
  return retried(init, async (input, request) => {
    const { response, linkedEtag, linkedSize } = await follow(urlOf(input), request, { fetch, origin })
    const bytes = await wholeOf(response)
    const headers = new Headers(response.headers)
    if (linkedEtag !== undefined) headers.set('x-linked-etag', linkedEtag)
    if (linkedSize !== undefined) headers.set('x-linked-size', linkedSize)
    return new Response(EMPTY.has(response.status) ? null : bytes, { status: response.status, headers })
  })
}

/** @throws {HubError} */
function retried ({ signal, attempts = 6, pauseMs = 500, maxPauseMs = 60_000, answerMs = 30_000 }: HubFetchInit, once: Once): typeof fetch {
  return async (input, init = {}) => {
    for (let attempt = 1; ; attempt++) {
      const late = new AbortController()
      const timer = setTimeout(() => { late.abort(new Error(`no answer within ${answerMs} ms`)) }, answerMs)
      const asked = AbortSignal.any([late.signal, ...[signal, init.signal].flatMap((one) => one ?? [])])
      let pause = pauseMs * 2 ** (attempt - 1)
      try {
        const response = await once(input, { ...init, signal: asked })
        if (!PASSING.has(response.status) || attempt === attempts) return response
        pause = retryAfterMs(response) ?? pause
        await response.body?.cancel()
      } catch (error) {
        signal?.throwIfAborted()
        init.signal?.throwIfAborted()
        if (error instanceof HubError) throw error
        if (attempt === attempts) throw new HubError(`the hub at ${new URL(urlOf(input)).origin} can't be reached: ${reasonOf(late.signal.aborted ? late.signal.reason : error)}`, { cause: error })
      } finally {
        clearTimeout(timer)
      }
      await delay(Math.min(pause, maxPauseMs), undefined, signal == null ? {} : { signal })
    }
  }
}

const urlOf = (input: string | URL | Request): string => input instanceof Request ? input.url : String(input)

/** @throws {HubError} it is longer than any description */
async function wholeOf ({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body?.getReader()
  for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
    chunks.push(chunk.value)
    size += chunk.value.byteLength
    if (size > MAX_DESCRIPTION_BYTES) {
      await reader?.cancel()
      throw new HubError(`the hub answered with more than ${MAX_DESCRIPTION_BYTES} bytes where a description was asked for; is HF_ENDPOINT a hub that gives parts of files?`)
    }
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

/** `Retry-After`: seconds, or a date. */
function retryAfterMs (response: Response): number | undefined {
  const text = response.headers.get('retry-after')
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/** `fetch failed` alone helps nobody. */
function reasonOf (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
