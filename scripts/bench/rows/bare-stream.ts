/** The yardstick of streams: libp2p with its own defaults, TCP, Noise and Yamux, and nothing of Shoal's. */
import { once } from 'node:events'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'

const PROTOCOL = '/shoal/bench-bare/1.0.0'
/** Noise's largest record less Yamux's header. */
const CHUNK_BYTES = 65_507

export const bareNode = async (listen: string[] = []): Promise<Libp2p> =>
  await createLibp2p({ addresses: { listen }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })

/** Sends so many bytes to whoever opens a stream. */
export async function giveBare (node: Libp2p, size: number): Promise<void> {
  await node.handle(PROTOCOL, async (stream) => {
    const chunk = new Uint8Array(CHUNK_BYTES)
    for (let sent = 0; sent < size && stream.status === 'open'; sent += chunk.byteLength) {
      if (!stream.send(chunk)) await once(stream as unknown as EventTarget, 'drain')
    }
    await stream.close()
  })
}

export interface BareGiver {
  readonly peerId: string
  readonly address: string
}

/** Bytes a second. */
export async function takeBare (node: Libp2p, { peerId, address }: BareGiver): Promise<number> {
  const peer = peerIdFromString(peerId)
  if (node.getConnections(peer).length === 0) await node.dial(multiaddr(address))
  const started = performance.now()
  const stream = await node.dialProtocol(peer, PROTOCOL)
  let bytes = 0
  stream.addEventListener('message', ({ data }) => { bytes += data.byteLength })
  await new Promise((resolve) => { stream.addEventListener('remoteCloseWrite', resolve) })
  await stream.close()
  return bytes / ((performance.now() - started) / 1000)
}
