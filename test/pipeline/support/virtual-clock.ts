import type { Clock } from '../../../src/pipeline/index.ts'

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Lets time pass, and everything happen that it makes happen, in order. */
  advance (ms: number): Promise<void>
}

export function virtualClock (): VirtualClock {
  let nowMs = 0
  let timers: Array<{ readonly atMs: number, readonly callback: () => void }> = []

  return {
    now: () => nowMs,

    after (ms, callback) {
      const timer = { atMs: nowMs + ms, callback }
      timers.push(timer)
      return () => { timers = timers.filter((each) => each !== timer) }
    },

    async advance (ms) {
      const untilMs = nowMs + ms
      await settle()
      for (;;) {
        const atMs = timers.reduce((first, timer) => Math.min(first, timer.atMs), Infinity)
        if (atMs > untilMs) break
        nowMs = atMs
        // what is due at one moment happens before anything that it makes happen
        for (const due of timers.filter((timer) => timer.atMs === atMs)) {
          if (!timers.includes(due)) continue
          timers = timers.filter((timer) => timer !== due)
          due.callback()
        }
        await settle()
      }
      nowMs = untilMs
    }
  }
}

/** Lets promises and links do all that they can do without time passing. */
export async function settle (): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
