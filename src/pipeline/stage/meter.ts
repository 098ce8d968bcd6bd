import type { Clock } from '../../p2p/index.ts'
import type { StageRates } from './types.ts'

/** Measures what a span does, for the node record. */
export interface Meter {
  readonly rates: StageRates
  /** A run begins; call what it returns when it has ended. */
  begin (rows: number): () => void
}

/** Weight of the newest measurement. */
const NEWEST = 0.1

export function meter (clock: Clock): Meter {
  let decodeMs = 0
  let prefillRate = 0
  let running = 0
  const blend = (old: number, measured: number): number => old === 0 ? measured : old + (measured - old) * NEWEST

  return {
    get rates () { return { decodeMsPerToken: decodeMs, prefillTokensPerSecond: prefillRate, queueMs: running * decodeMs } },

    begin (rows) {
      const started = clock.now()
      // a run that waits for others measures them too
      const alone = running++ === 0
      return () => {
        running--
        const ms = clock.now() - started
        if (!alone || ms <= 0) return
        if (rows === 1) decodeMs = blend(decodeMs, ms)
        else prefillRate = blend(prefillRate, rows / ms * 1000)
      }
    }
  }
}
