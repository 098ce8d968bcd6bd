/**
 * `shoal-node/client` in a page: the same, over WebSocket, WebRTC-direct and relays. Wants a secure context (HTTPS, or
 * localhost): elsewhere browsers have no `crypto.subtle`.
 */
import './no-compiling.ts'
import { createBrowserHost } from '../p2p/browser.ts'
import { connectBy } from './connect.ts'
import type { ConnectInit, SwarmClient } from './api.ts'

export * from './public.ts'

/**
 * Joins a swarm as a visitor.
 * @throws {JoinError} nobody answers there @throws {BadAddressError} an address, invite or key that is none @throws the signal's reason
 */
export async function connect (init: ConnectInit): Promise<SwarmClient> {
  return await connectBy(createBrowserHost, init)
}
