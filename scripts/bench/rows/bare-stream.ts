/** Streams that nobody checks or keeps. The yardstick: libp2p with its own defaults, TCP, Noise and Yamux, and nothing of Shoal's. Beside it, a link of Shoal's. */
import { once } from 'node:events'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { encodeFrame } from '../../../protocols/frame/index.ts'
import type { Host } from '../../../src/p2p/index.ts'

const PROTOCOL = '/shoal/bench-bare/1.0.0'
const LINK_PROTOCOL = '/shoal/bench-link/1.0.0'
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

/** Sends so many bytes to whoever opens a link and sends a frame. */
export async function giveLink (host: Host, size: number): Promise<void> {
  const frame = encodeFrame({ type: 1 }, new Uint8Array(CHUNK_BYTES - 24))
  await host.handle(LINK_PROTOCOL, (link) => {
    const give = async (): Promise<void> => {
      for (let sent = 0; sent < size; sent += 4 * CHUNK_BYTES) if (!link.send(frame, frame, frame, frame)) await link.drained()
      await link.close()
    }
    link.listen({
      frame () { give().catch((error: unknown) => { link.abort(error as Error) }) }, // a link rejects with errors only
      close () { /* the other side has it all */ }
    })
  })
}

/** Bytes a second. */
export async function takeLink (host: Host, { peerId, address }: BareGiver): Promise<number> {
  const started = performance.now()
  const link = await host.open(peerId, LINK_PROTOCOL, { addresses: [address], bulk: true })
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    link.listen({
      frame (frame) { bytes += frame.byteLength },
      close (error) {
        if (error === undefined) resolve()
        else reject(error)
      }
    })
    link.send(encodeFrame({ type: 1 }))
  })
  return bytes / ((performance.now() - started) / 1000)
}
