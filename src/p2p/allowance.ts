/** What each peer may have of something, at a rate: what was not used in time may be caught up with, and what was too much is made up for. */
export interface Allowance {
  /** Ms until the peer may have more; 0: at once. */
  waitMs (peer: string): number
  /** Counts what it has had, or gives back what it has not (below 0). */
  take (peer: string, amount: number): void
}

export interface AllowanceInit {
  /** Undefined: no limit. */
  readonly perSecond: number | undefined
  /** How much may come at once, in seconds of the rate. */
  readonly burstSeconds: number
  /** Peers without a limit. */
  isExempt (peer: string): boolean
  /** Ms of a steady clock. @default performance.now */
  now? (): number
  /** Peers that are remembered: the one heard of longest ago is forgotten first. @default 10,000 */
  readonly maxPeers?: number
}

export function allowance ({ perSecond, burstSeconds, isExempt, now = () => performance.now(), maxPeers = 10_000 }: AllowanceInit): Allowance {
  /** When what a peer has had until now would have come in by itself, if it had begun with nothing. */
  const paidAt = new Map<string, number>()
  return {
    waitMs: (peer) => Math.max(0, Math.ceil((paidAt.get(peer) ?? -Infinity) - now())),
    take (peer, amount) {
      if (perSecond === undefined || isExempt(peer)) return
      const start = Math.max(paidAt.get(peer) ?? -Infinity, now() - burstSeconds * 1000)
      paidAt.delete(peer)
      paidAt.set(peer, start + amount / perSecond * 1000)
      const [oldest] = paidAt.keys()
      if (paidAt.size > maxPeers && oldest !== undefined) paidAt.delete(oldest)
    }
  }
}
