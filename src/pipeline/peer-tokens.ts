import { allowance, type Allowance, type Clock } from '../p2p/index.ts'

/** Who comes first, and how much the others may have. */
export interface PeerLimits {
  /** Tokens a minute that one peer may have computed. @default no limit */
  readonly tokensPerMinutePerPeer?: number | undefined
  /** Peers that come before others where places are short, beside this node itself, and that have no bounds of their own. @default none */
  readonly prefer?: readonly string[] | undefined
}

/** A minute's worth may come at once. */
const BURST_SECONDS = 60

export const preference = (own: string, { prefer = [] }: PeerLimits): ((peer: string) => boolean) => {
  const preferred = new Set([own, ...prefer])
  return (peer) => preferred.has(peer)
}

export const peerTokens = ({ tokensPerMinutePerPeer }: PeerLimits, isExempt: (peer: string) => boolean, { now }: Clock): Allowance =>
  allowance({ perSecond: tokensPerMinutePerPeer === undefined ? undefined : tokensPerMinutePerPeer / 60, burstSeconds: BURST_SECONDS, isExempt, now })
