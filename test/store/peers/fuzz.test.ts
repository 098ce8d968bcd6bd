import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BlobType, Have, Want } from '../../../protocols/blob/index.ts'
import { encodeFrame, FRAME_HEADER_BYTES } from '../../../protocols/frame/index.ts'
import { PIECE_BYTES } from '../../../src/model/index.ts'
import { blobPeer, type BlobStore } from '../../../src/store/index.ts'
import { blobStore } from '../../../src/store/blob-store.ts'
import { memoryLinkPair, type Link } from '../../../src/p2p/index.ts'
import { removeFolders, temporaryFolder } from '../../support/shoal.ts'
import { put, servedPeers, testBlob } from './blobs.ts'

/** Messages in all; at most so many over one link, which the first bad one ends. */
const MESSAGES = 100_000
const PER_LINK = 10
const blob = testBlob(PIECE_BYTES + 10, 5)

/** Deterministic: a failure is found again by its seed. */
function randomBytes (seed: number): (bound: number) => number {
  let state = seed | 1
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

/** A right message, changed in up to four places: bytes, its length, its end. */
function mutated (messages: readonly Uint8Array[], pick: (bound: number) => number): Uint8Array {
  let frame = (messages[pick(messages.length)] ?? new Uint8Array(FRAME_HEADER_BYTES)).slice()
  for (let turn = pick(5); turn > 0; turn--) {
    const kind = pick(4)
    if (kind === 0) frame[5] = pick(140)
    else if (kind === 1 && frame.byteLength > FRAME_HEADER_BYTES) frame[FRAME_HEADER_BYTES + pick(frame.byteLength - FRAME_HEADER_BYTES)] = pick(256)
    else if (kind === 2) frame = frame.slice(0, Math.max(FRAME_HEADER_BYTES, frame.byteLength - pick(40)))
    else frame[8 + pick(16)] = pick(256)
  }
  // a link takes whole frames only; lengths that lie are the assembler's matter (test/p2p)
  new DataView(frame.buffer).setUint32(0, frame.byteLength - 4, true)
  return frame
}

function sendAll (link: Link, frames: readonly Uint8Array[]): void {
  for (const frame of frames) {
    if (link.closed) return
    link.send(frame)
  }
}

describe('100,000 changed messages', function () {
  this.timeout(120_000)
  after(removeFolders)
  let store: BlobStore
  before(async () => {
    store = await blobStore(await temporaryFolder())
    await put(store, blob)
  })

  it('neither end the server of blobs nor fill its memory', async () => {
    const { cid, pieces } = blob.part
    const want = (offset: bigint, length: number): Uint8Array => encodeFrame({ type: BlobType.want, lap: 1 + Number(offset % 7n) }, Want.encode({ cid, offset, length, gentle: false }))
    const messages = [
      want(0n, 1000), want(5n, 70_000), want(BigInt(PIECE_BYTES), 10), want(2n ** 53n, 1),
      encodeFrame({ type: BlobType.have, lap: 9 }, Have.encode({ cids: [cid, pieces, '../../etc/passwd', ''] })),
      encodeFrame({ type: BlobType.cancel, lap: 1 })
    ]
    const seed = Date.now() % 2 ** 31
    const pick = randomBytes(seed)
    const peers = servedPeers()
    await peers.serve('server', store)
    const before = process.memoryUsage().rss
    for (let sent = 0; sent < MESSAGES / 2; sent += PER_LINK) {
      const link = peers.raw('server')
      link.listen({ frame () { /* what it answers */ }, close () { /* as it should */ } })
      sendAll(link, Array.from({ length: PER_LINK }, () => mutated(messages, pick)))
      await new Promise((resolve) => { setImmediate(resolve) })
      link.abort(new Error('the next one'))
    }
    const grown = (process.memoryUsage().rss - before) / 1e6
    assert.ok(grown < 250, `${grown.toFixed(0)} MB more, seed ${seed}`)
    const peer = await peers.connect('server')
    const into = new Uint8Array(blob.part.size - PIECE_BYTES)
    assert.equal(await peer.read({ cid, offset: PIECE_BYTES, into, gentle: false }), 'whole', `seed ${seed}`)
    assert.ok(blob.bytes.subarray(PIECE_BYTES).equals(into))
    peer.close()
  })

  it('neither end a client nor leave a request of it without an end', async () => {
    const messages = [
      encodeFrame({ type: BlobType.data, lap: 1, position: 0 }, blob.bytes.subarray(0, 1000)),
      encodeFrame({ type: BlobType.data, lap: 1, position: 1000 }, blob.bytes.subarray(1000, 2000)),
      encodeFrame({ type: BlobType.missing, lap: 1 }),
      encodeFrame({ type: BlobType.busy, lap: 1, position: 2 ** 31 }),
      encodeFrame({ type: BlobType.holds, lap: 2 }, new Uint8Array([8, 5]))
    ]
    const seed = Date.now() % 2 ** 31
    const pick = randomBytes(seed)
    for (let sent = 0; sent < MESSAGES / 2; sent += PER_LINK) {
      const [own, other] = memoryLinkPair({ protocol: 'blob', peers: ['me', 'server'], maxFrameBytes: 256 * 1024 })
      const peer = blobPeer(own, { silenceMs: 1000 })
      other.listen({ frame () { /* requests */ }, close () { /* as it should */ } })
      const ended = Promise.allSettled([peer.read({ cid: blob.part.cid, offset: 0, into: new Uint8Array(2000), gentle: false }), peer.holds([blob.part.cid])])
      sendAll(other, Array.from({ length: PER_LINK }, () => mutated(messages, pick)))
      await new Promise((resolve) => { setImmediate(resolve) })
      peer.close()
      for (const result of await ended) {
        if (result.status === 'rejected') assert.equal((result.reason as Error).name, 'BlobPeerError', `seed ${seed}`)
      }
    }
  })

  it('come as lying lengths and streams without end: what is over a bound is refused before memory is taken', async () => {
    await fc.assert(fc.asyncProperty(fc.nat(2 ** 31 - 1), async (length) => {
      const peers = servedPeers()
      await peers.serve('server', store)
      const link = peers.raw('server')
      const closed = new Promise<Error | undefined>((resolve) => { link.listen({ frame () { resolve(undefined) }, close: resolve }) })
      link.send(encodeFrame({ type: BlobType.want, lap: 1 }, Want.encode({ cid: blob.part.cid, offset: 0n, length, gentle: false })))
      const error = await closed
      assert.equal(error !== undefined, length === 0 || length > PIECE_BYTES)
      link.abort(new Error('done'))
    }), { numRuns: 200 })
    const [own, other] = memoryLinkPair({ protocol: 'blob', peers: ['me', 'server'], maxFrameBytes: 256 * 1024 })
    const peer = blobPeer(own)
    other.listen({ frame () { /* requests */ }, close () { /* as it should */ } })
    const read = peer.read({ cid: blob.part.cid, offset: 0, into: new Uint8Array(2000), gentle: false })
    for (let position = 0; !other.closed && position < 1e6; position += 1000) {
      other.send(encodeFrame({ type: BlobType.data, lap: 1, position }, blob.bytes.subarray(0, 1000)))
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    assert.equal(await read, 'whole')
    assert.match(String((await peer.ended)?.message), /not asked/)
  })
})
