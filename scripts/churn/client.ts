/** One thin client: asks, reads, compares, and asks again until the time is over. */
import type { SwarmClient } from '../../src/daemon/index.ts'
import type { Asked } from './workload.ts'

export interface ClientInit {
  readonly client: Pick<SwarmClient, 'generate'>
  readonly modelId: string
  readonly work: readonly Asked[]
  readonly index: number
  /** On the clock of `performance.now()`. */
  readonly endsAt: number
  /** An answer went wrong. */
  onTrouble (what: string): void
}

/** What one client went through. Times in ms. */
export interface ClientLog {
  readonly finished: number
  readonly tokens: number
  readonly repairs: number
  /** Finished, and not what is right. */
  readonly wrong: readonly string[]
  /** Not finished: what was said instead. */
  readonly errors: readonly string[]
  readonly longestGapMs: number
  readonly longestFirstTokenMs: number
}

/** An answer that takes longer than this hangs. */
const ANSWER_MS = 120_000
const RETRY_MS = 1000
/** What is told while the run is under way. */
const SLOW_MS = 3000

/** An answer that is under way when the time is over is read to its end. */
export async function churnClient ({ client, modelId, work, index, endsAt, onTrouble }: ClientInit): Promise<ClientLog> {
  const log = { finished: 0, tokens: 0, repairs: 0, wrong: Array<string>(), errors: Array<string>(), longestGapMs: 0, longestFirstTokenMs: 0 }
  for (let turn = index; performance.now() < endsAt; turn++) {
    const asked = work[turn % work.length]
    if (asked === undefined) throw new Error('there is something to ask')
    const { request, ids } = asked
    const sentAt = performance.now()
    let lastAt = sentAt
    let tokens = 0
    try {
      const signal = AbortSignal.timeout(ANSWER_MS)
      for await (const event of client.generate({ ...request, modelId }, { signal })) {
        if (event.kind === 'repaired') {
          log.repairs++
          if (event.tookMs > SLOW_MS) onTrouble(`a repair took ${(event.tookMs / 1000).toFixed(1)} s after ${tokens} tokens: without ${event.lost.map(({ peerId, span }) => `${peerId.slice(-8)} (${span.join(':')})`).join(', ')}, ${event.replayed} positions again`)
        }
        if (event.kind === 'token') {
          const at = performance.now()
          if (tokens === 0) log.longestFirstTokenMs = Math.max(log.longestFirstTokenMs, at - sentAt)
          else log.longestGapMs = Math.max(log.longestGapMs, at - lastAt)
          if (at - lastAt > SLOW_MS) onTrouble(`${((at - lastAt) / 1000).toFixed(1)} s without a token, after ${tokens}`)
          lastAt = at
          tokens++
        }
        if (event.kind !== 'done') continue
        if (event.finishReason === 'cancelled') throw new Error(`no whole answer within ${ANSWER_MS / 1000} s`)
        log.finished++
        log.tokens += event.tokens.length
        const first = ids.findIndex((id, place) => event.tokens[place] !== id)
        if (first >= 0 || event.tokens.length !== ids.length) {
          log.wrong.push(`${event.tokens.length} tokens for ${ids.length}, other ones from ${first} on`)
          onTrouble(log.wrong.at(-1) ?? '')
        }
      }
    } catch (error) {
      log.longestGapMs = Math.max(log.longestGapMs, tokens > 0 ? performance.now() - lastAt : 0)
      log.errors.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
      onTrouble(`after ${tokens} tokens and ${((performance.now() - sentAt) / 1000).toFixed(1)} s: ${log.errors.at(-1)}`)
      await new Promise((resolve) => { setTimeout(resolve, RETRY_MS) })
    }
  }
  return log
}
