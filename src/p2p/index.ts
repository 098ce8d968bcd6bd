/**
 * The libp2p host: identity, transports, private networks, and `Link`s, the one way in which nodes speak. Knows nothing of
 * what they say.
 */
export * from './portable.ts'
export { allowance, type Allowance } from './allowance.ts'
export { systemClock, type Clock } from './clock.ts'
export { peerGate, type PeerAccess } from './peer-access.ts'
export { createHost, type HostInit } from './node-host.ts'
export { writePrivateFile } from './private-file.ts'
export { loadPsk, newPsk } from './psk-file.ts'
