import assert from 'node:assert/strict'
import { open, readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { BlobType } from '../../../protocols/blob/index.ts'
import { FRAME_HEADER_BYTES, readHeader } from '../../../protocols/frame/index.ts'
import { PIECE_BYTES } from '../../../src/model/index.ts'
import { fetchBlobs, fetchWhole, peerPool, type BlobPeerError, type BlobStore, type PeerPool } from '../../../src/store/index.ts'
import { blobStore } from '../../../src/store/blob-store.ts'
import type { OpenFile } from '../../../src/store/blob-writer.ts'
import { removeFolders, temporaryFolder } from '../../support/shoal.ts'
import { changed, put, servedPeers, testBlob, type ServedPeers, type TestBlob } from './blobs.ts'

const isData = (frame: Uint8Array): boolean => readHeader(frame).type === BlobType.data

/** The same frame with one bit of its payload turned. */
function flipped (frame: Uint8Array, at = 0): Uint8Array {
  const copy = frame.slice()
  const index = FRAME_HEADER_BYTES + at % (copy.byteLength - FRAME_HEADER_BYTES)
  copy[index] = (copy[index] ?? 0) ^ 0x10
  return copy
}

describe('blobs from peers', function () {
  this.timeout(60_000)
  after(removeFolders)
  const [large, middle, small] = [testBlob(5 * PIECE_BYTES + 77, 1), testBlob(2 * PIECE_BYTES, 2), testBlob(1234, 3)] as const
  const blobs = [large, middle, small]
  const parts = blobs.map(({ part }) => part)

  let stocked: BlobStore
  before(async () => {
    stocked = await blobStore(await temporaryFolder())
    for (const blob of blobs) await put(stocked, blob)
  })

  async function stockedWith (some: readonly TestBlob[]): Promise<BlobStore> {
    const store = await blobStore(await temporaryFolder())
    for (const blob of some) await put(store, blob)
    return store
  }

  function pooled (peers: ServedPeers, ids: readonly string[] | (() => readonly string[]), faults: BlobPeerError[] = []): PeerPool {
    return peerPool({
      find: () => (typeof ids === 'function' ? ids() : ids),
      connect: async (id) => await peers.connect(id),
      onFault (error) { faults.push(error) }
    }, { againMs: 50 })
  }

  async function isRight (store: BlobStore): Promise<void> {
    for (const { part, bytes } of blobs) assert.ok(bytes.equals(await readFile(store.path(part.cid))), 'the very bytes')
    assert.deepEqual((await readdir(store.folder)).filter((name) => name.startsWith('partial-')), [])
  }

  it('come whole, once, from one', async () => {
    const peers = servedPeers()
    await peers.serve('a', stocked)
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['a'])
    const told: number[] = []
    await fetchBlobs({ blobs: store, pool }, { parts: [...parts, ...parts], onProgress: ({ done }) => { told.push(done) } })
    await isRight(store)
    const total = parts.reduce((sum, { size }) => sum + size, 0)
    assert.equal(peers.sent('a'), total + blobs.reduce((sum, { list }) => sum + list.byteLength, 0))
    assert.equal(told.at(-1), total)
    assert.deepEqual(told, told.toSorted((a, b) => a - b))
    await fetchBlobs({ blobs: store, pool: pooled(peers, []) }, { parts })
    pool.close()
  })

  it('come from several at once, each asked for what it has', async () => {
    const peers = servedPeers()
    await peers.serve('a', await stockedWith(blobs.slice(0, 1)))
    await peers.serve('b', await stockedWith(blobs.slice(1)))
    await peers.serve('c', stocked)
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['a', 'b', 'c', 'nobody'])
    await fetchBlobs({ blobs: store, pool }, { parts })
    await isRight(store)
    for (const id of ['a', 'b', 'c']) assert.ok(peers.sent(id) > 0, id)
    pool.close()
  })

  it('pass over a peer that lies, and tell of it', async () => {
    const peers = servedPeers()
    const faults: BlobPeerError[] = []
    await peers.serve('liar', stocked, { wrap: (link) => changed(link, (frame) => (isData(frame) ? flipped(frame) : frame)) })
    await peers.serve('honest', stocked)
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['liar', 'honest'], faults)
    await fetchBlobs({ blobs: store, pool }, { parts })
    await isRight(store)
    assert.deepEqual(faults.map(({ peerId }) => peerId), ['liar'])
    pool.close()
  })

  it('come from the one that has them, however many others say that they do and have nothing', async () => {
    const peers = servedPeers()
    const nothing = await blobStore(await temporaryFolder())
    const idle = Array.from({ length: 12 }, (_, index) => `idle ${index}`)
    for (const id of idle) await peers.serve(id, nothing)
    await peers.serve('a', stocked)
    const store = await blobStore(await temporaryFolder())
    for (const { list } of blobs) await store.put(list)
    const pool = peerPool({ find: () => [...idle, 'a'], connect: async (id) => await peers.connect(id) })
    await fetchBlobs({ blobs: store, pool }, { parts })
    await isRight(store)
    pool.close()
  })

  it('go on where a peer falls silent or dies in the middle', async () => {
    const peers = servedPeers()
    let left = 40
    await peers.serve('silent', stocked, { wrap: (link) => changed(link, (frame) => (isData(frame) && left-- < 0 ? undefined : frame)) })
    let sent = 0
    await peers.serve('dying', stocked, {
      wrap: (link) => changed(link, (frame) => {
        if (isData(frame) && ++sent > 20) setImmediate(() => { peers.kill('dying') })
        return frame
      })
    })
    await peers.serve('slow', stocked, { bytesPerSecond: 20e6 })
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['silent', 'dying', 'slow'])
    await fetchBlobs({ blobs: store, pool }, { parts })
    await isRight(store)
    pool.close()
  })

  it('wait for somebody who comes later, and go on with what had come before', async () => {
    const peers = servedPeers()
    const begun = await stockedWith(blobs)
    for (const { part } of [middle, small]) await begun.remove(part.cid)
    await peers.serve('first', begun)
    const store = await blobStore(await temporaryFolder())
    const ids = ['first']
    const pool = pooled(peers, () => ids)
    const fetched = fetchBlobs({ blobs: store, pool }, {
      parts,
      onProgress ({ done }) {
        if (ids.length > 1 || done < large.part.size) return
        peers.kill('first')
        ids.push('second')
        void peers.serve('second', stocked)
      }
    })
    await fetched
    await isRight(store)
    assert.ok(peers.sent('second') < parts.reduce((sum, { size }) => sum + size, 0), 'nothing comes twice')
    pool.close()
  })

  it('say how much is missing where nobody has it, keep what has come, and need only the rest later', async () => {
    const peers = servedPeers()
    const some = await stockedWith(blobs)
    await some.remove(middle.part.cid)
    await peers.serve('a', some)
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['a'])
    await assert.rejects(fetchBlobs({ blobs: store, pool }, { parts, patienceMs: 300 }), (error) => error instanceof Error && error.name === 'NoSourceError' && /2\.1 MB/.test(error.message))
    assert.ok(await store.has(large.part.cid))
    pool.close()
    await peers.serve('b', stocked)
    const again = pooled(peers, ['b'])
    await fetchBlobs({ blobs: store, pool: again }, { parts })
    await isRight(store)
    assert.equal(peers.sent('b'), middle.part.size)
    again.close()
  })

  it('are made from the hub where no peer has them', async () => {
    const peers = servedPeers()
    await peers.serve('a', await stockedWith(blobs.slice(0, 1)))
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['a'])
    const made: string[] = []
    await fetchBlobs({
      blobs: store,
      pool,
      hub: {
        make: async ({ cid }) => {
          made.push(cid)
          const blob = blobs.find(({ part }) => part.cid === cid)
          assert.ok(blob)
          await put(store, blob)
        }
      }
    }, { parts })
    await isRight(store)
    assert.deepEqual(made.toSorted(), [middle.part.cid, small.part.cid].toSorted())
    pool.close()
  })

  it('say how much is missing where the disk is full, and need only that once there is room', async () => {
    const peers = servedPeers()
    await peers.serve('a', stocked)
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['a'])
    let left = 3 * PIECE_BYTES
    const full: OpenFile = async (path, flags, mode) => {
      const file = await open(path, flags, mode)
      const write = file.write.bind(file) as (bytes: Uint8Array, at: number, length: number, position: number) => ReturnType<typeof file.write>
      return Object.assign(file, {
        async write (bytes: Uint8Array, at: number, length: number, position: number) {
          if ((left -= length) < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          return await write(bytes, at, length, position)
        }
      })
    }
    await assert.rejects(fetchBlobs({ blobs: store, pool, open: full }, { parts }), (error) => error instanceof Error && error.name === 'StoreWriteError' && /the disk is full.*[3-6]\.\d MB are still to be written/.test(error.message))
    const before = peers.sent('a')
    await fetchBlobs({ blobs: store, pool }, { parts })
    await isRight(store)
    assert.ok(peers.sent('a') - before < parts.reduce((sum, { size }) => sum + size, 0), 'what had come does not come again')
    pool.close()
  })

  it('end at once where the manifest lists pieces of something else', async () => {
    const store = await blobStore(await temporaryFolder())
    await store.put(middle.list)
    const pool = pooled(servedPeers(), [])
    const { cid } = testBlob(middle.part.size, 7).part
    await assert.rejects(fetchBlobs({ blobs: store, pool }, { parts: [{ ...middle.part, cid }] }), (error) => error instanceof Error && error.name === 'CorruptBlobError')
    pool.close()
  })

  it('end at once with the signal', async () => {
    const peers = servedPeers()
    await peers.serve('a', stocked, { bytesPerSecond: 500_000 })
    const store = await blobStore(await temporaryFolder())
    const pool = pooled(peers, ['a'])
    const ending = new AbortController()
    const fetched = fetchBlobs({ blobs: store, pool }, { parts, signal: ending.signal, onProgress ({ done }) { if (done > 0) ending.abort(new Error('enough')) } })
    await assert.rejects(fetched, /enough/)
    pool.close()
  })

  it('never get into the store with a byte that is wrong, whatever peers do to them', async () => {
    const blob = testBlob(2 * PIECE_BYTES + 99, 9)
    const honest = await stockedWith([blob])
    await fc.assert(fc.asyncProperty(
      fc.array(fc.record({ frame: fc.nat(40), at: fc.nat(70_000), kind: fc.constantFrom('flip', 'drop', 'twice', 'cut', 'type') }), { minLength: 1, maxLength: 6 }),
      async (faults) => {
        const peers = servedPeers()
        let count = 0
        await peers.serve('liar', honest, {
          wrap: (link) => changed(link, (frame) => {
            const fault = faults.find((one) => one.frame === count)
            count++
            if (fault === undefined) return frame
            if (fault.kind === 'flip' && frame.byteLength > FRAME_HEADER_BYTES) return flipped(frame, fault.at)
            if (fault.kind === 'drop') return undefined
            if (fault.kind === 'twice') link.send(frame)
            if (fault.kind === 'type') {
              const copy = frame.slice()
              copy[5] = fault.at % 12
              return copy
            }
            if (fault.kind === 'cut') {
              const copy = frame.slice(0, Math.max(FRAME_HEADER_BYTES, frame.byteLength - fault.at % 1000))
              new DataView(copy.buffer).setUint32(0, copy.byteLength - 4, true)
              return copy
            }
            return frame
          })
        })
        await peers.serve('honest', honest)
        const store = await blobStore(await temporaryFolder())
        const pool = pooled(peers, ['liar', 'honest'])
        try {
          await fetchBlobs({ blobs: store, pool }, { parts: [blob.part] })
          assert.ok(blob.bytes.equals(await readFile(store.path(blob.part.cid))))
          assert.deepEqual(new Set(await readdir(store.folder)), new Set([blob.part.cid, blob.part.pieces]))
        } finally {
          pool.close()
        }
      }), { numRuns: 40 })
  })
})

describe('a manifest from peers', () => {
  after(removeFolders)
  const blob = testBlob(PIECE_BYTES + 5, 4)

  it('is the first right one: not a longer one than can be, nor another', async () => {
    const store = await blobStore(await temporaryFolder())
    await put(store, blob)
    const peers = servedPeers()
    await peers.serve('liar', store, { wrap: (link) => changed(link, (frame) => (isData(frame) ? flipped(frame) : frame)) })
    await peers.serve('honest', store)
    const pool = peerPool({ find: () => ['liar', 'honest'], connect: async (id) => await peers.connect(id) })
    const bytes = await fetchWhole(pool, { cid: blob.part.cid, what: 'a manifest', maxBytes: 2 * PIECE_BYTES })
    assert.ok(blob.bytes.equals(bytes))
    await assert.rejects(fetchWhole(pool, { cid: blob.part.cid, what: 'a manifest', maxBytes: PIECE_BYTES, patienceMs: 100 }), (error) => error instanceof Error && error.name === 'NoSourceError')
    pool.close()
  })
})
