import assert from 'node:assert/strict'
import { setMaxListeners } from 'node:events'
import { BlobType, DATA_BYTES, Holds, MAX_REQUESTS } from '../../../protocols/blob/index.ts'
import { encodeFrame, readHeader } from '../../../protocols/frame/index.ts'
import { PIECE_BYTES } from '../../../src/model/index.ts'
import { memoryLinkPair, type Link } from '../../../src/p2p/index.ts'
import { blobPeer, type BlobPeer, type BlobPeerError, type ReadResult } from '../../../src/store/index.ts'
import { settle, virtualClock, type VirtualClock } from '../../pipeline/support/virtual-clock.ts'
import { testBlob } from './blobs.ts'

const { cid } = testBlob(10).part

interface Talk {
  readonly clock: VirtualClock
  readonly peer: BlobPeer
  /** The other side's end. */
  readonly link: Link
  /** Requests as they come. */
  readonly asked: Array<{ readonly type: number, readonly lap: number }>
  read (signal?: AbortSignal): Promise<ReadResult>
  data (lap: number, position: number, bytes: number): void
  /** How the link has ended, where it has. */
  ended (): BlobPeerError | undefined
}

function talk (): Talk {
  const clock = virtualClock()
  const [own, link] = memoryLinkPair({ protocol: 'blob', peers: ['me', 'server'], maxFrameBytes: 256 * 1024 })
  const peer = blobPeer(own, { clock })
  const asked: Talk['asked'] = []
  let end: Error | undefined
  link.listen({ frame (frame) { asked.push(readHeader(frame)) }, close () { /* told by the peer */ } })
  void peer.ended.then((error) => { end = error })
  return {
    clock,
    peer,
    link,
    asked,
    async read (signal) {
      return await peer.read({ cid, offset: 0, into: new Uint8Array(PIECE_BYTES), gentle: false, ...(signal === undefined ? {} : { signal }) })
    },
    data (lap, position, bytes) { link.send(encodeFrame({ type: BlobType.data, lap, position }, new Uint8Array(bytes))) },
    ended: () => end as BlobPeerError | undefined
  }
}

/** Sends a whole piece at a rate, with one pause in the middle. */
async function send ({ clock, data }: Talk, lap: number, bytesPerSecond: number, pauseMs = 0): Promise<void> {
  for (let position = 0; position < PIECE_BYTES; position += DATA_BYTES) {
    const bytes = Math.min(DATA_BYTES, PIECE_BYTES - position)
    await clock.advance(bytes / bytesPerSecond * 1000 + (position === 8 * DATA_BYTES ? pauseMs : 0))
    data(lap, position, bytes)
  }
  await settle()
}

describe('a peer that is asked for blobs', () => {
  it('is given up when it trickles, as soon as one that is silent', async () => {
    for (const trickle of [true, false]) {
      const { clock, read, data, ended } = talk()
      const result = read().catch((error: unknown) => error)
      await clock.advance(9_000)
      if (trickle) data(1, 0, 1)
      await clock.advance(990)
      assert.equal(ended(), undefined)
      await clock.advance(11)
      assert.equal(ended()?.kind, 'gone')
      assert.equal(await result, ended())
    }
  })

  it('is given up when it sends on and on, but too slowly to be of use', async () => {
    const one = talk()
    const result = one.read().catch((error: unknown) => error)
    const sent = send(one, 1, 12_000)
    await assert.rejects(sent, /closed/)
    assert.equal(one.ended()?.kind, 'gone')
    assert.equal(await result, one.ended())
    assert.ok(one.clock.now() < 30_000, `after ${one.clock.now()} ms`)
  })

  it('is given up when it is silent after it was quick', async () => {
    const one = talk()
    const results = [one.read(), one.read().catch((error: unknown) => error)]
    await send(one, 1, 10e6)
    await one.clock.advance(10_001)
    assert.deepEqual([await results[0], await results[1]], ['whole', one.ended()])
    assert.equal(one.ended()?.kind, 'gone')
  })

  it('is kept with a line of 30 kB/s and pauses, however many requests wait behind one another', async () => {
    const one = talk()
    const results = [one.read(), one.read(), one.read(), one.read(), one.peer.holds([cid])]
    for (const lap of [1, 2, 3, 4]) await send(one, lap, 30_000, 7_000)
    await one.clock.advance(9_000)
    one.link.send(encodeFrame({ type: BlobType.holds, lap: 5 }, Holds.encode({ sizes: [5n] })))
    assert.deepEqual(await Promise.all(results), ['whole', 'whole', 'whole', 'whole', [5]])
    await one.clock.advance(600_000)
    assert.equal(one.ended(), undefined, 'it owes nothing')
  })

  it('does wrong where it goes on and leaves an earlier request without an answer', async () => {
    const { peer, read, data, ended } = talk()
    const results = Promise.allSettled([peer.holds([cid]), read()])
    data(2, 0, 10)
    assert.deepEqual((await results).map(({ status }) => status), ['rejected', 'rejected'])
    assert.equal(ended()?.kind, 'wrong')
    assert.match(String(ended()?.message), /out of turn/)
  })

  it('has ended what was cancelled when it answers the next, or says so', async () => {
    const { clock, read, data, link, asked, ended } = talk()
    const quicker = new AbortController()
    const results = [read(quicker.signal), read(quicker.signal), read()].map(async (result) => await result.catch(String))
    data(1, 0, DATA_BYTES)
    await settle()
    quicker.abort(new Error('another was quicker'))
    await settle()
    assert.deepEqual(asked.map(({ type, lap }) => [type, lap]), [1, 2, 3].map((lap) => [BlobType.want, lap]).concat([[BlobType.cancel, 1], [BlobType.cancel, 2]]))
    data(1, DATA_BYTES, DATA_BYTES)
    link.send(encodeFrame({ type: BlobType.missing, lap: 1 }))
    link.send(encodeFrame({ type: BlobType.missing, lap: 3 }))
    assert.deepEqual(await Promise.all(results), ['Error: another was quicker', 'Error: another was quicker', 'missing'])
    await clock.advance(600_000)
    assert.equal(ended(), undefined, 'it owes nothing')
  })

  it('is asked for no more than it takes at once: the rest waits, and what was cancelled has its place until it has come to it', async () => {
    const { read, link, asked, ended } = talk()
    const quicker = new AbortController()
    setMaxListeners(MAX_REQUESTS, quicker.signal)
    const cancelled = Promise.allSettled(Array.from({ length: MAX_REQUESTS }, async () => await read(quicker.signal)))
    const more = [read(), read()]
    await settle()
    quicker.abort(new Error('another was quicker'))
    await cancelled
    assert.equal(asked.filter(({ type }) => type === BlobType.want).length, MAX_REQUESTS)
    for (let lap = 1; lap <= MAX_REQUESTS; lap++) link.send(encodeFrame({ type: BlobType.missing, lap }))
    await settle()
    assert.equal(asked.filter(({ type }) => type === BlobType.want).length, MAX_REQUESTS + 2)
    for (const lap of [1, 2]) link.send(encodeFrame({ type: BlobType.missing, lap: MAX_REQUESTS + lap }))
    assert.deepEqual(await Promise.all(more), ['missing', 'missing'])
    assert.equal(ended(), undefined)
  })

  it('is gone, and at no other fault, where its link ended just before it is asked', async () => {
    const { read, link, ended } = talk()
    link.abort(new Error('a power cut'))
    await assert.rejects(read(), (error: BlobPeerError) => error.name === 'BlobPeerError' && error.kind === 'gone')
    assert.equal(ended()?.kind, 'gone')
  })
})
