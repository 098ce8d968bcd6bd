import type { Clock } from '../clock.ts'

/** Peers that were at fault lately: left out of routes for a while, unless there is no other route. */
export interface Suspects {
  add (peerId: string): void
  readonly peers: ReadonlySet<string>
}

/** A record outlives its node by up to 150 s; a node that was only restarted is back in seconds. */
const SUSPECT_MS = 30_000
const MAX_SUSPECTS = 1024

export function suspects (clock: Clock): Suspects {
  const untilMs = new Map<string, number>()

  return {
    add (peerId) {
      untilMs.delete(peerId)
      untilMs.set(peerId, clock.now() + SUSPECT_MS)
      const [oldest] = untilMs.keys()
      if (untilMs.size > MAX_SUSPECTS && oldest !== undefined) untilMs.delete(oldest)
    },

    get peers () {
      for (const [peerId, until] of untilMs) if (until <= clock.now()) untilMs.delete(peerId)
      return new Set(untilMs.keys())
    }
  }
}
