/** Which coordinator gets a place, and who makes room for whom. */
import { peerTokens, preference, type PeerLimits } from '../peer-tokens.ts'
import type { Clock } from '../../p2p/index.ts'

export interface AdmissionInit extends PeerLimits {
  /** Sessions at once, of all coordinators and of one. */
  readonly maxSessions: number
  readonly maxSessionsPerPeer: number
}

/** As far as it is looked at here: a session that holds a place. */
export interface PlaceHolder {
  readonly coordinator: string
  /** It is asked to go on elsewhere as soon as it can. */
  leave (): void
}

/** Nobody is blamed: what a coordinator is told, and when it may come again where that is known. */
export interface NoPlace {
  readonly message: string
  readonly retryAfterMs?: number
}

export interface Admission {
  /** Undefined: it may have a place, if there is one. */
  refusal (peer: string, holders: readonly PlaceHolder[]): NoPlace | undefined
  /** There was none: for one that comes first, the next is kept, and the youngest session of somebody else makes room. */
  full (peer: string, message: string, holders: readonly PlaceHolder[]): NoPlace
  /** It has one, with so many positions, which count until it is known what it used. */
  began (peer: string, positions: number): void
  /** Its session ended, with so many positions unused; below 0: so many rows were computed beyond them. */
  ended (peer: string, left: number): void
}

/** How long the next place is kept for one that was told to come again much sooner. */
const KEPT_MS = 10_000
const SOON_MS = 250

export function admission (own: string, clock: Clock, init: AdmissionInit): Admission {
  const { maxSessions, maxSessionsPerPeer } = init
  const comesFirst = preference(own, init)
  const tokens = peerTokens(init, comesFirst, clock)
  /** Those that come first and found no place, and until when one is kept for them. */
  const waiting = new Map<string, number>()
  const asked = new WeakSet<PlaceHolder>()

  function isKept (): boolean {
    for (const [peer, until] of waiting) if (until <= clock.now()) waiting.delete(peer)
    return waiting.size > 0
  }

  function full (peer: string, message: string, holders: readonly PlaceHolder[]): NoPlace {
    if (!comesFirst(peer)) return { message }
    waiting.set(peer, clock.now() + KEPT_MS)
    const youngest = holders.findLast((holder) => !comesFirst(holder.coordinator) && !asked.has(holder))
    if (youngest !== undefined) {
      asked.add(youngest)
      youngest.leave()
    }
    return { message, retryAfterMs: SOON_MS }
  }

  return {
    refusal (peer, holders) {
      const count = holders.filter(({ coordinator }) => coordinator === peer).length
      const message = `${count} sessions of this coordinator and ${holders.length} in all are at work`
      if (holders.length >= maxSessions) return full(peer, message, holders)
      if (comesFirst(peer)) return undefined
      if (count >= maxSessionsPerPeer) return { message }
      if (isKept()) return { message: 'the next place is kept for a peer that comes first' }
      const retryAfterMs = tokens.waitMs(peer)
      return retryAfterMs > 0 ? { message: 'this coordinator has had as many tokens as it may', retryAfterMs } : undefined
    },
    full,
    began (peer, positions) {
      waiting.delete(peer)
      tokens.take(peer, positions)
    },
    ended (peer, left) { tokens.take(peer, -left) }
  }
}
