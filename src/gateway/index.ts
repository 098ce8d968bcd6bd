/**
 * The OpenAI-compatible HTTP gateway. It turns requests into sessions of a `Generator` that is handed in, and their events into
 * bodies and server-sent events; it knows nothing of peers, routes or engines, and writes no prompt and no answer to a log.
 */
export { gatewayApp, type GatewayApp } from './app.ts'
export { ListenError } from './errors.ts'
export { startGateway } from './server.ts'
export type * from './types.ts'
