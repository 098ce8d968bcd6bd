/**
 * The libp2p host: identity, transports, private networks, and `Link`s, the one way in which nodes speak. Knows nothing of
 * what they say.
 */
export { allowance, type Allowance } from './allowance.ts'
export * from './errors.ts'
export { createHost, targetsOf, type HostInit } from './host.ts'
export { decodeInvite, encodeInvite, isInvite, type Invite } from './invite.ts'
export { memoryLinkPair } from './link/memory-link.ts'
export { loadPsk, newPsk } from './psk.ts'
export { checkedAddress, networksOf } from './addresses.ts'
export { peerGate, type PeerAccess } from './peer-access.ts'
export type { Services } from './libp2p.ts'
export type * from './types.ts'
