/** What a node says of itself, signed. See README.md. */
export { NodeRecord } from './node-record.pb.ts'

/** What is signed is the domain, the codec and the payload: a record can't be passed off as something else. */
export const NODE_RECORD_DOMAIN = 'shoal-node-record'
/** Payload type inside the envelope: private-use multicodec range. */
export const NODE_RECORD_CODEC = new TextEncoder().encode('/shoal/node-record')
/** A DHT key is `/shoal-node/` and the peer id's text. */
export const NODE_RECORD_NAMESPACE = 'shoal-node'
/** The whole envelope. */
export const MAX_NODE_RECORD_BYTES = 4096
/** From sealing to expiry. */
export const NODE_RECORD_LIFE_MS = 150_000
/** What a clock may be wrong by. */
export const CLOCK_SKEW_MS = 30_000
