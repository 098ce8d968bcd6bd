/**
 * `shoal-node/client` in Node: `connect` to a swarm, and ask it. Holds no layers and no model, and loads no engine.
 *
 * @example
 * const swarm = await connect({ bootstrap: '/ip4/127.0.0.1/tcp/4484/p2p/12D3Koo…' })
 * for await (const { text } of swarm.generate({ messages: [{ role: 'user', content: 'What is the capital of Peru?' }] })) process.stdout.write(text)
 * await swarm.close()
 */
import { createHost } from '../p2p/index.ts'
import { connectBy } from './connect.ts'
import type { ConnectInit, SwarmClient } from './api.ts'

export * from './public.ts'

/**
 * Joins a swarm as a visitor, over TCP, WebSocket and relays.
 * @throws {JoinError} nobody answers there @throws {BadAddressError} an address, invite or key that is none @throws the signal's reason
 */
export async function connect (init: ConnectInit): Promise<SwarmClient> {
  return await connectBy(async (hostInit) => await createHost({ ...hostInit, listen: [] }), init)
}
