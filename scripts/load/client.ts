/** One client: asks, reads or goes away, and asks again until the time is over. */
import { z } from 'zod'
import { AnswerError, post, stream } from '../bench/sse-client.ts'
import { kindName, work, type Kind, type Work } from './workload.ts'
import type { ClientLog } from './verdict.ts'

export interface ClientInit {
  readonly http: string
  readonly model: string
  readonly kind: Kind
  readonly index: number
  /** On the clock of `performance.now()`. */
  readonly endsAt: number
}

/** An answer that takes longer than this is an error. */
const ANSWER_MS = 120_000
const MAX_RETRY_MS = 30_000
const MIN_RETRY_MS = 100
/** Whole answers tell nothing of how far they are: who goes away from one does so after this much time. */
const LEAVE_WHOLE_AFTER_MS = 500

const whole = z.object({ usage: z.object({ completion_tokens: z.number() }) })

interface Tally {
  answers: number
  cancelled: number
  tokens: number
  readonly progress: Array<{ readonly tokens: number, readonly atMs: number }>
  longestStallMs: number
  longestFirstTokenMs: number
  refusals: number
  readonly errors: string[]
}

export async function client ({ http, model, kind, index, endsAt }: ClientInit): Promise<ClientLog> {
  const startedAt = performance.now()
  const tally: Tally = { answers: 0, cancelled: 0, tokens: 0, progress: [], longestStallMs: 0, longestFirstTokenMs: 0, refusals: 0, errors: [] }
  for (let turn = 0; performance.now() < endsAt;) {
    const asked = work(kind, index, turn)
    try {
      await answer(`${http}${asked.path}`, { ...asked.body, model }, asked, tally, endsAt)
      tally.progress.push({ tokens: tally.tokens, atMs: performance.now() - startedAt })
      turn++
    } catch (error) {
      if (performance.now() >= endsAt) break
      const retryMs = refusal(error)
      if (retryMs == null) {
        tally.errors.push(error instanceof Error ? error.message : String(error))
        turn++
      } else {
        tally.refusals++
      }
      await new Promise((resolve) => { setTimeout(resolve, Math.min(retryMs ?? MIN_RETRY_MS, MAX_RETRY_MS, Math.max(0, endsAt - performance.now()))) })
    }
  }
  return { kind: kindName(kind), ...tally }
}

/** "No capacity now" is an answer, not an error: when to ask again. */
function refusal (error: unknown): number | undefined {
  if (!(error instanceof AnswerError) || error.code !== 'no_capacity') return undefined
  return Math.max(MIN_RETRY_MS, error.retryAfterMs ?? MIN_RETRY_MS)
}

/** An answer that the end of the run cuts short is neither counted nor an error. */
async function answer (url: string, body: object, asked: Work, tally: Tally, endsAt: number): Promise<void> {
  const leaving = new AbortController()
  const isOver = AbortSignal.timeout(Math.max(1, Math.ceil(endsAt - performance.now())))
  const signal = AbortSignal.any([leaving.signal, isOver, AbortSignal.timeout(ANSWER_MS)])
  const leaveAfter = asked.cancelAfter == null ? Infinity : Math.max(1, Math.floor(asked.tokens * asked.cancelAfter))
  const sentAt = performance.now()
  let pieces = 0
  let lastAt = sentAt
  const timer = asked.cancelAfter == null || asked.stream ? undefined : setTimeout(() => { leaving.abort() }, LEAVE_WHOLE_AFTER_MS)
  try {
    if (asked.stream) {
      const { completionTokens } = await stream(url, body, {
        signal,
        onArrival: (at) => {
          if (pieces === 0) tally.longestFirstTokenMs = Math.max(tally.longestFirstTokenMs, at - sentAt)
          else tally.longestStallMs = Math.max(tally.longestStallMs, at - lastAt)
          lastAt = at
          if (++pieces >= leaveAfter) leaving.abort()
        }
      })
      counted(completionTokens, asked)
      tally.tokens += completionTokens
    } else {
      const { usage } = whole.parse(await (await post(url, body, signal)).json())
      counted(usage.completion_tokens, asked)
      tally.tokens += usage.completion_tokens
    }
    tally.answers++
  } catch (error) {
    // a refusal may come while the client is leaving
    if (!leaving.signal.aborted || isOver.aborted || error instanceof AnswerError) {
      // silence up to the end is a stall too
      if (asked.stream && pieces > 0) tally.longestStallMs = Math.max(tally.longestStallMs, performance.now() - lastAt)
      throw signal.aborted && !leaving.signal.aborted && !isOver.aborted ? new Error(`no whole answer within ${ANSWER_MS / 1000} s`, { cause: error }) : error
    }
    tally.cancelled++
    tally.tokens += pieces
  } finally {
    clearTimeout(timer)
  }
}

function counted (tokens: number, asked: Work): void {
  if (tokens !== asked.tokens) throw new Error(`an answer has ${tokens} tokens instead of ${asked.tokens}`)
}
