import assert from 'node:assert/strict'
import { chmod, open, readdir, rename, truncate } from 'node:fs/promises'
import fc from 'fast-check'
import { PIECE_BYTES } from '../../src/model/index.ts'
import { blobDraft } from '../../src/store/blob-draft.ts'
import { blobStore } from '../../src/store/blob-store.ts'
import { mend, quickCheck, setAside, verifyBlob, type BlobStore } from '../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { put, testBlob } from './peers/blobs.ts'

const blob = testBlob(9 * PIECE_BYTES + 321, 11)
const { part } = blob

async function stocked (): Promise<BlobStore> {
  const store = await blobStore(await temporaryFolder())
  await put(store, blob)
  return store
}

async function flip (path: string, at: number, bit = 0): Promise<void> {
  await chmod(path, 0o644)
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1 << bit]), 0, 1, at)
  await file.close()
}

describe('the check of blobs on the disk', () => {
  after(removeFolders)

  it('finds nothing wrong with what is right, and says nothing of what is not here', async () => {
    const store = await stocked()
    assert.deepEqual(await quickCheck(store, [part, testBlob(10, 3).part], { random: Math.random }), [])
    let read = 0
    assert.equal(await verifyBlob(store, part, { onBytes (done) { read = done } }), undefined)
    assert.equal(read, part.size)
  })

  it('finds any flipped bit when it looks at everything, and names the piece', async () => {
    const store = await stocked()
    await fc.assert(fc.asyncProperty(fc.nat(part.size - 1), fc.nat(7), async (at, bit) => {
      await flip(store.path(part.cid), at, bit)
      assert.match(String((await verifyBlob(store, part))?.reason), new RegExp(`piece ${Math.floor(at / PIECE_BYTES)} of 10`))
      await flip(store.path(part.cid), at, bit)
    }), { numRuns: 15 })
  })

  it('finds at a quick look a flipped bit in the first, the last and every piece that it draws', async () => {
    const store = await stocked()
    for (const [piece, draws] of [[0, 0.99], [9, 0], [5, 0.55]] as const) {
      await flip(store.path(part.cid), piece * PIECE_BYTES + 100)
      const [damage] = await quickCheck(store, [part], { random: () => draws })
      assert.match(String(damage?.reason), new RegExp(`piece ${piece} of 10`))
      await flip(store.path(part.cid), piece * PIECE_BYTES + 100)
    }
  })

  it('says at a quick look how much it has read, and counts nothing that is not here', async () => {
    const store = await stocked()
    const small = testBlob(1000, 7)
    await put(store, small)
    const told: Array<readonly [number, number]> = []
    await quickCheck(store, [part, testBlob(10, 3).part, small.part], { random: () => 0.55, onBytes (done, total) { told.push([done, total]) } })
    // the first piece, the last, and one in between that is drawn twice
    const read = 2 * PIECE_BYTES + 321
    assert.deepEqual(told, [[read, read + 1000], [read + 1000, read + 1000]])
  })

  it('finds a file that is too short, and a list of pieces that is damaged or gone', async () => {
    const short = await stocked()
    await chmod(short.path(part.cid), 0o644)
    await truncate(short.path(part.cid), part.size - 1)
    const listless = await stocked()
    await listless.remove(part.pieces)
    const damaged = await stocked()
    await flip(damaged.path(part.pieces), 3)
    const reasons = await Promise.all([short, listless, damaged].map(async (store) => (await quickCheck(store, [part], { random: Math.random }))[0]?.reason))
    assert.deepEqual(reasons, [`it has ${part.size - 1} bytes in place of ${part.size}`, ...new Array<string>(2).fill('its list of pieces is missing or damaged')])
  })

  it('writes a list of pieces anew where the blob is right, and does not take a wrong blob for right', async () => {
    const store = await stocked()
    await store.remove(part.pieces)
    assert.equal(await mend(store, part), true)
    assert.equal(await verifyBlob(store, part), undefined)
    await flip(store.path(part.pieces), 3)
    assert.equal(await mend(store, part), true)
    assert.equal(await verifyBlob(store, part), undefined)
    await flip(store.path(part.cid), 5)
    assert.equal(await mend(store, part), false)
    assert.equal(await mend(store, testBlob(10, 3).part), false)
    // right pieces do not make up a blob of another name
    const { cid } = testBlob(part.size, 12).part
    await flip(store.path(part.cid), 5)
    await rename(store.path(part.cid), store.path(cid))
    assert.equal(await mend(store, { ...part, cid }), false)
  })

  it('takes a damaged blob out of the way and keeps its right pieces', async () => {
    const store = await stocked()
    await flip(store.path(part.cid), 4 * PIECE_BYTES)
    await setAside(store, part)
    assert.equal(await store.has(part.cid), false)
    const draft = await blobDraft({ blobs: store }, part, blob.list)
    assert.deepEqual(draft.have.flatMap((here, piece) => (here ? [] : [piece])), [4])
    assert.ok(await draft.take(4, new Uint8Array(blob.bytes.subarray(4 * PIECE_BYTES, 5 * PIECE_BYTES))))
    await draft.finish()
    assert.equal(await verifyBlob(store, part).catch(() => undefined).then((damage) => damage?.reason), 'its list of pieces is missing or damaged')
    assert.deepEqual(await readdir(store.folder), [part.cid])
  })
})
