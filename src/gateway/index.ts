/**
 * The OpenAI-compatible HTTP gateway. It turns requests into sessions of a `Generator` that is handed in, and their events into
 * bodies and server-sent events; it knows nothing of peers, routes or engines, and writes no prompt and no answer to a log.
 */
export { gatewayApp, type GatewayApp } from './app.ts'
export type * from './activity.ts'
export { ListenError } from './errors.ts'
export { keyDigest, newApiKey, type ApiKey, type KeyLimits, type KeyRing } from './keys.ts'
export type { Principal } from './principals.ts'
export { startGateway } from './server.ts'
export type * from './types.ts'
