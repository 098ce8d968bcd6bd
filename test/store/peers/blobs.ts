/** Blobs for tests: random bytes with their list of pieces, in a store or at a peer over an in-process link. */
import { createHash } from 'node:crypto'
import { cidOf, PIECE_BYTES, type Part } from '../../../src/model/index.ts'
import { memoryLinkPair, type Link } from '../../../src/p2p/index.ts'
import { blobServer, blobPeer, type BlobPeer, type BlobStore } from '../../../src/store/index.ts'
import { BLOB_PROTOCOL } from '../../../protocols/blob/index.ts'
import { DialError } from '../../../src/p2p/index.ts'

export interface TestBlob {
  readonly bytes: Buffer
  readonly list: Buffer
  readonly part: Part
}

/** Bytes that only depend on size and seed, and repeat nowhere. */
export function testBlob (size: number, seed = 1): TestBlob {
  const bytes = Buffer.alloc(size)
  for (let at = 0, state = seed; at < size; at += 4) {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    bytes.writeInt32LE(state, Math.min(at, size - 4))
  }
  const list = Buffer.concat(Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, piece) =>
    createHash('sha256').update(bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES)).digest()))
  return { bytes, list, part: { cid: cidOf(bytes), size, pieceSize: PIECE_BYTES, pieces: cidOf(list), tensors: [] } }
}

export async function put (store: BlobStore, { bytes }: TestBlob): Promise<void> {
  const writer = await store.writer()
  await writer.write(0, bytes)
  await writer.finish(bytes.byteLength)
}

export interface ServedPeers {
  /** @throws {DialError} for a peer that is not there */
  connect (id: string): Promise<BlobPeer>
  /** Offers what a store has. `wrap` may break the link on its way to the server. */
  serve (id: string, store: BlobStore, init?: Parameters<typeof blobServer>[1] & { wrap? (link: Link): Link }): Promise<void>
  /** As a power cut would. */
  kill (id: string): void
  /** Bytes of blobs that each has sent. */
  sent (id: string): number
  /** A link to the server of `id` itself. */
  raw (id: string, maxFrameBytes?: number): Link
  /** CIDs of blobs of which something was sent, once a range. */
  readonly given: readonly string[]
}

/** Peers inside this process. */
export function servedPeers (): ServedPeers {
  const given: string[] = []
  const servers = new Map<string, { accept (link: Link): void, readonly server: ReturnType<typeof blobServer>, readonly links: Set<Link> }>()

  function raw (id: string, maxFrameBytes = 256 * 1024): Link {
    const found = servers.get(id)
    if (found === undefined) throw new DialError(`no peer ${id}`)
    const [own, other] = memoryLinkPair({ protocol: BLOB_PROTOCOL, peers: ['me', id], maxFrameBytes })
    found.links.add(own)
    found.accept(other)
    return own
  }

  return {
    raw,
    given,
    connect: async (id) => await Promise.resolve(blobPeer(raw(id), { silenceMs: 400 })),
    sent: (id) => servers.get(id)?.server.sentBytes ?? 0,
    async serve (id, blobs, { wrap = (link: Link) => link, ...init } = {}) {
      let accept = (_link: Link): void => { /* not started */ }
      const host = {
        handle: async (_protocol: string, handler: (link: Link) => void) => { accept = handler; await Promise.resolve() },
        unhandle: async () => { await Promise.resolve() }
      }
      const server = blobServer({ host, blobs, offers: () => true, isBusy: () => false, onGiven (cid) { given.push(cid) } }, init)
      await server.start()
      servers.set(id, { accept: (link) => { accept(wrap(link)) }, server, links: new Set() })
    },
    kill (id) {
      const found = servers.get(id)
      servers.delete(id)
      found?.links.forEach((link) => { link.abort(new Error('killed')) })
    }
  }
}

/** A link whose sender's frames go through `change`; undefined: the frame is swallowed. */
export function changed (link: Link, change: (frame: Uint8Array) => Uint8Array | undefined): Link {
  return new Proxy(link, {
    get (target, name) {
      if (name === 'send') {
        return (frame: Uint8Array): boolean => {
          const next = change(frame)
          return next === undefined || target.send(next)
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
}
