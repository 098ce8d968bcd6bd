import assert from 'node:assert/strict'
import { BlobType, Have, Holds, LEAST_BYTES_PER_SECOND, MAX_REQUESTS, Want } from '../../../protocols/blob/index.ts'
import { encodeFrame, payloadOf, readHeader } from '../../../protocols/frame/index.ts'
import { PIECE_BYTES } from '../../../src/model/index.ts'
import { blobStore } from '../../../src/store/blob-store.ts'
import type { BlobStore } from '../../../src/store/index.ts'
import type { Link } from '../../../src/p2p/index.ts'
import { removeFolders, temporaryFolder } from '../../support/shoal.ts'
import { put, servedPeers, testBlob, type ServedPeers } from './blobs.ts'

const blob = testBlob(2 * PIECE_BYTES + 3, 6)
const { cid } = blob.part
const OTHER = testBlob(10, 99).part.cid
const want = (number: number, offset: number, length: number): Uint8Array =>
  encodeFrame({ type: BlobType.want, lap: number }, Want.encode({ cid, offset: BigInt(offset), length, gentle: false }))

interface Talk {
  readonly link: Link
  readonly frames: Uint8Array[]
  /** Resolves with what ended it. */
  readonly closed: Promise<Error | undefined>
  /** Until a frame passes. */
  until (test: (frame: Uint8Array) => boolean): Promise<Uint8Array>
}

describe('the server of blobs', () => {
  after(removeFolders)
  let store: BlobStore
  let peers: ServedPeers
  before(async () => {
    store = await blobStore(await temporaryFolder())
    await put(store, blob)
  })
  beforeEach(() => { peers = servedPeers() })

  function talk (id = 'server'): Talk {
    const link = peers.raw(id)
    const frames: Uint8Array[] = []
    const waiting = new Set<(frame: Uint8Array) => void>()
    const closed = new Promise<Error | undefined>((resolve) => {
      link.listen({
        frame (frame) {
          frames.push(frame)
          waiting.forEach((look) => { look(frame) })
        },
        close: resolve
      })
    })
    return {
      link,
      frames,
      closed,
      until: async (test) => await new Promise((resolve) => {
        const look = (frame: Uint8Array): void => {
          if (!test(frame)) return
          waiting.delete(look)
          resolve(frame)
        }
        waiting.add(look)
        frames.forEach(look)
      })
    }
  }

  const ofType = (type: number, lap?: number) => (frame: Uint8Array): boolean => readHeader(frame).type === type && (lap === undefined || readHeader(frame).lap === lap)

  it('says what it has', async () => {
    await peers.serve('server', store)
    const { link, until } = talk()
    link.send(encodeFrame({ type: BlobType.have, lap: 3 }, Have.encode({ cids: [cid, blob.part.pieces, OTHER, cid] })))
    const held = Holds.decode(payloadOf(await until(ofType(BlobType.holds, 3))))
    assert.deepEqual(held.sizes.map(Number), [blob.part.size, blob.list.byteLength, 0, blob.part.size])
  })

  it('sends a range in order, over the border of a piece too', async () => {
    await peers.serve('server', store)
    const { link, frames, until } = talk()
    const [offset, length] = [PIECE_BYTES - 100_000, 200_000]
    link.send(want(1, offset, length))
    await until((frame) => ofType(BlobType.data)(frame) && readHeader(frame).position + payloadOf(frame).byteLength === length)
    assert.ok(Buffer.concat(frames.map(payloadOf)).equals(blob.bytes.subarray(offset, offset + length)))
    assert.deepEqual(frames.map((frame) => readHeader(frame).position), [0, 65_483, 130_966, 196_449])
    assert.deepEqual(peers.given, [cid], 'and tells that it was asked for')
  })

  it('says what is not there: another blob, or bytes behind the end', async () => {
    await peers.serve('server', store)
    const { link, until } = talk()
    link.send(want(1, blob.part.size - 1, 2))
    await until(ofType(BlobType.missing, 1))
    assert.deepEqual(peers.given, [])
    link.send(encodeFrame({ type: BlobType.want, lap: 2 }, Want.encode({ cid: OTHER, offset: 0n, length: 1, gentle: false })))
    await until(ofType(BlobType.missing, 2))
  })

  it('tells those beyond its bound to come again', async () => {
    await peers.serve('server', store, { maxUploads: 1, bytesPerSecond: 200_000 })
    const [first, second] = [talk(), talk()]
    first.link.send(want(1, 0, PIECE_BYTES))
    await first.until(ofType(BlobType.data))
    second.link.send(want(1, 0, 10))
    const busy = await second.until(ofType(BlobType.busy))
    assert.ok(readHeader(busy).position > 0)
    first.link.abort(new Error('enough'))
  })

  it('stops sending what was cancelled', async () => {
    await peers.serve('server', store, { bytesPerSecond: 1_000_000 })
    const { link, until } = talk()
    link.send(want(1, 0, PIECE_BYTES))
    await until(ofType(BlobType.data))
    link.send(encodeFrame({ type: BlobType.cancel, lap: 1 }))
    link.send(want(2, 0, 10))
    await until(ofType(BlobType.data, 2))
    assert.ok(peers.sent('server') < PIECE_BYTES / 2)
  })

  it('ends each request that was cancelled, in its turn', async () => {
    await peers.serve('server', store, { bytesPerSecond: 1_000_000 })
    const { link, frames, until } = talk()
    link.send(want(1, 0, PIECE_BYTES))
    link.send(want(2, 0, PIECE_BYTES))
    link.send(encodeFrame({ type: BlobType.have, lap: 3 }, Have.encode({ cids: [cid] })))
    await until(ofType(BlobType.data))
    for (const lap of [1, 2, 3]) link.send(encodeFrame({ type: BlobType.cancel, lap }))
    await until(ofType(BlobType.holds, 3))
    assert.deepEqual(frames.map(readHeader).filter(({ type }) => type !== BlobType.data).map(({ type, lap }) => [type, lap]), [[BlobType.missing, 1], [BlobType.missing, 2], [BlobType.holds, 3]])
  })

  it('sends no more at once than its rate is enough for', async () => {
    await peers.serve('server', store, { bytesPerSecond: 2.5 * LEAST_BYTES_PER_SECOND })
    const talks = [talk(), talk(), talk()]
    for (const { link } of talks) link.send(want(1, 0, PIECE_BYTES))
    await Promise.race(talks.map(async ({ until }) => await until(ofType(BlobType.busy))))
    await Promise.race(talks.map(async ({ until }) => await until(ofType(BlobType.data))))
    assert.equal(talks.flatMap(({ frames }) => frames).filter(ofType(BlobType.busy)).length, 1)
    for (const { link } of talks) link.abort(new Error('enough'))
  })

  for (const [what, frames] of [
    ['more than a piece', [want(1, 0, PIECE_BYTES + 1)]],
    ['nothing', [want(1, 0, 0)]],
    ['two answers under one number', [want(1, 0, PIECE_BYTES), want(1, 0, PIECE_BYTES)]],
    ['too much at once', Array.from({ length: MAX_REQUESTS + 2 }, (_, index) => want(index, 0, PIECE_BYTES))],
    ['no blob at all', [encodeFrame({ type: BlobType.have, lap: 1 }, Have.encode({ cids: [] }))]],
    ['something that is no CID', [encodeFrame({ type: BlobType.want, lap: 1 }, Want.encode({ cid: '../key', offset: 0n, length: 1, gentle: false }))]],
    ['what only a server says', [encodeFrame({ type: BlobType.data, lap: 1 }, new Uint8Array(1))]],
    ['what is no message', [encodeFrame({ type: BlobType.want, lap: 1 }, new Uint8Array([0xff, 0xff]))]]
  ] as const) {
    it(`ends the link of a peer that asks for ${what}`, async () => {
      await peers.serve('server', store)
      const { link, closed } = talk()
      for (const frame of frames) if (!link.closed) link.send(frame)
      assert.ok(await closed)
    })
  }

  it('ends a link on which nothing is asked', async () => {
    await peers.serve('server', store, { idleMs: 30 })
    const { link, closed } = talk()
    link.send(encodeFrame({ type: BlobType.have, lap: 1 }, Have.encode({ cids: [cid] })))
    assert.equal(await closed, undefined)
  })
})
