import type { Clock } from '../../p2p/index.ts'

/** Peers that were at fault lately: left out of routes for a while, unless there is no other route. */
export interface Suspects {
  /**
   * It was at fault: for longer each time.
   * @param seq of its record, where it was only gone: with a newer one it is back, and taken again
   */
  add (peerId: string, seq?: bigint): void
  /** Its record as it is now. */
  seen (peerId: string, seq: bigint): void
  /** It worked: what was held against it is forgotten. */
  clear (peerId: string): void
  readonly peers: ReadonlySet<string>
}

/** A record outlives its node by up to 150 s; a node that was only restarted is back in seconds. */
const FIRST_MS = 10_000
const LONGEST_MS = 600_000
/** Half of what is held against a peer is forgotten after so long without a fault. */
const HALF_LIFE_MS = 600_000
const MAX_SUSPECTS = 1024

interface Record {
  /** Faults, of which time takes some off. */
  readonly faults: number
  readonly atMs: number
  readonly untilMs: number
  readonly seq: bigint | undefined
}

export function suspects (clock: Clock): Suspects {
  const known = new Map<string, Record>()

  return {
    add (peerId, seq) {
      const atMs = clock.now()
      const before = known.get(peerId)
      const faults = 1 + (before === undefined ? 0 : before.faults * 2 ** ((before.atMs - atMs) / HALF_LIFE_MS))
      known.delete(peerId)
      known.set(peerId, { faults, atMs, untilMs: atMs + Math.min(LONGEST_MS, FIRST_MS * 2 ** (faults - 1)), seq })
      const [oldest] = known.keys()
      if (known.size > MAX_SUSPECTS && oldest !== undefined) known.delete(oldest)
    },

    seen (peerId, seq) {
      const record = known.get(peerId)
      if (record?.seq !== undefined && seq > record.seq) known.set(peerId, { ...record, untilMs: record.atMs })
    },

    clear (peerId) { known.delete(peerId) },

    get peers () {
      const nowMs = clock.now()
      return new Set([...known].flatMap(([peerId, { untilMs }]) => untilMs > nowMs ? [peerId] : []))
    }
  }
}
