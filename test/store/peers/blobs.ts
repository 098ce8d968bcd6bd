/** Blobs for tests: random bytes with their list of pieces, in a store or at a peer over an in-process link. */
import { blobCidOf, cidOf, PIECE_BYTES, pieceListOf, type Part } from '../../../src/model/index.ts'
import { memoryLinkPair, type Link } from '../../../src/p2p/index.ts'
import { blobServer, blobPeer, type BlobPeer, type BlobPeerInit, type BlobStore } from '../../../src/store/index.ts'
import { BLOB_PROTOCOL, BlobType, Have, Holds } from '../../../protocols/blob/index.ts'
import { encodeFrame, payloadOf, readHeader } from '../../../protocols/frame/index.ts'
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
  const list = Buffer.from(pieceListOf(bytes))
  return { bytes, list, part: { cid: blobCidOf(list), size, pieceSize: PIECE_BYTES, pieces: cidOf(list), tensors: [] } }
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
  /** A peer that does with its end of a link as `accept` does. */
  act (id: string, accept: (link: Link) => void): void
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
export function servedPeers (init: BlobPeerInit = { silenceMs: 400 }): ServedPeers {
  const given: string[] = []
  const servers = new Map<string, { accept (link: Link): void, readonly server?: ReturnType<typeof blobServer>, readonly links: Set<Link> }>()

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
    connect: async (id) => await Promise.resolve(blobPeer(raw(id), init)),
    sent: (id) => servers.get(id)?.server?.sentBytes ?? 0,
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
    act (id, accept) { servers.set(id, { accept, links: new Set() }) },
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
        return (...frames: readonly Uint8Array[]): boolean => {
          let isReady = true
          for (const frame of frames) {
            const next = change(frame)
            if (next !== undefined && !target.send(next)) isReady = false
          }
          return isReady
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
}

/** What a peer does that says at once that it has everything, and then answers a WANT as `want` does. `have`: told of every later HAVE, which gets no answer. */
export function promising (blobs: readonly TestBlob[], want: (link: Link, number: number) => void, have = (): void => { /* as it wishes */ }): (link: Link) => void {
  const sizes = new Map(blobs.flatMap(({ part, list }) => [[part.cid, part.size], [part.pieces, list.byteLength]] as const))
  return (link) => {
    let told = false
    link.listen({
      frame (frame) {
        const { type, lap } = readHeader(frame)
        if (type === BlobType.want) want(link, lap)
        if (type !== BlobType.have) return
        if (told) have()
        else link.send(encodeFrame({ type: BlobType.holds, lap }, Holds.encode({ sizes: Have.decode(payloadOf(frame)).cids.map((cid) => BigInt(sizes.get(cid) ?? 0)) })))
        told = true
      },
      close () { /* it is over */ }
    })
  }
}

/** Sends one byte of what it was asked for first, again and again, and nothing else. `asked`: told of every WANT. */
export function trickling (everyMs: number, asked = (): void => { /* as it wishes */ }): (link: Link, number: number) => void {
  const trickled = new WeakSet<Link>()
  return (link, lap) => {
    asked()
    if (trickled.has(link)) return
    trickled.add(link)
    let position = 0
    const timer = setInterval(() => {
      if (link.closed) clearInterval(timer)
      else link.send(encodeFrame({ type: BlobType.data, lap, position: position++ }, new Uint8Array(1)))
    }, everyMs)
  }
}
