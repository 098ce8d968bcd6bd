/**
 * What this room offers on every platform: errors, addresses and invites, links in memory. A door beside index.ts for code that
 * also runs in a page; nothing behind it imports what is Node's alone.
 */
export * from './errors.ts'
export { decodeInvite, encodeInvite, isInvite, pskOf, targetsOf, type Invite } from './invite.ts'
export { memoryLinkPair } from './link/memory-link.ts'
export { checkedPsk } from './psk.ts'
export { checkedAddress, networksOf } from './addresses.ts'
export { connectionsOf, wayOf, type PeerConnection, type Way } from './connections.ts'
export type { Services } from './libp2p-base.ts'
export type * from './types.ts'
