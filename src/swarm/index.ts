/**
 * Who is out there: signed node records, the DHT that keeps them, gossip that makes them quicker, round trips. Knows nothing of
 * sessions.
 */
export { swarmServices, type SwarmServices, type SwarmServicesInit } from './dht.ts'
export { DescriptionError, RecordError } from './errors.ts'
export { createSwarm, REPEATED_MS, type SwarmComponents, type SwarmInit } from './swarm.ts'
export type * from './types.ts'
