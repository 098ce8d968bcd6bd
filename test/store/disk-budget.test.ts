import assert from 'node:assert/strict'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { evictions } from '../../src/store/disk-budget.ts'
import { importModel, makeRoom, modelStore, touch, type ModelStore } from '../../src/store/index.ts'
import { removeFolders, root, temporaryFolder } from '../support/shoal.ts'

describe('the choice of blobs that go', () => {
  const file = fc.record({ cid: fc.uuid(), bytes: fc.integer({ min: 1, max: 1000 }), usedAtMs: fc.integer({ min: 0, max: 1e6 }) })

  it('is the least recently used ones, no more than needed, and none where all are not enough', () => {
    fc.assert(fc.property(fc.array(file, { maxLength: 20 }), fc.nat(5000), fc.nat(20_000), fc.nat(5000), (files, otherBytes, limitBytes, bytes) => {
      const usedBytes = otherBytes + files.reduce((sum, one) => sum + one.bytes, 0)
      const { evict, missingBytes } = evictions({ files, usedBytes, limitBytes, bytes })
      const freed = evict.reduce((sum, one) => sum + one.bytes, 0)
      if (missingBytes > 0) {
        assert.equal(evict.length, 0)
        assert.equal(missingBytes, otherBytes + bytes - limitBytes)
        return
      }
      assert.ok(usedBytes - freed + bytes <= limitBytes, 'there is room')
      const last = evict.at(-1)
      if (last !== undefined) assert.ok(usedBytes - freed + last.bytes + bytes > limitBytes, 'the last one had to go')
      const newest = Math.max(0, ...evict.map(({ usedAtMs }) => usedAtMs))
      assert.ok(files.filter((one) => !evict.includes(one)).every(({ usedAtMs }) => usedAtMs >= newest), 'older ones first')
    }), { numRuns: 1000 })
  })
})

describe('the room for blobs', () => {
  after(removeFolders)

  async function withAtlas (): Promise<{ store: ModelStore, used: number, layers: ReadonlyArray<{ cid: string, size: number }> }> {
    const store = await modelStore(await temporaryFolder())
    const { manifest } = await importModel({ source: join(root, 'models', 'atlas'), name: 'atlas', store })
    const { bytes } = await store.get('atlas')
    for (const [index, { cid }] of manifest.layers.entries()) await utimes(store.blobs.path(cid), 1000 + index, 1000 + index)
    return { store, used: bytes, layers: manifest.layers }
  }
  const here = async (store: ModelStore, layers: ReadonlyArray<{ cid: string }>): Promise<number[]> =>
    (await Promise.all(layers.map(async ({ cid }, index) => (await store.blobs.has(cid) ? [index] : [])))).flat()

  it('is made of blobs that nobody serves, the least recently used first; the model stays, in part', async () => {
    const { store, layers } = await withAtlas()
    const size = layers[0]?.size ?? 0
    await touch(store.blobs, (await store.get('atlas')).manifest.layers.slice(1, 2))
    const used = (await store.get('atlas')).bytes + 16 * 1024
    const freed = await makeRoom(store, { bytes: size + 20_000, limitBytes: used, pinned: new Set([layers[2]?.cid ?? '']) })
    assert.ok(freed >= size)
    const left = await here(store, layers)
    assert.ok(!left.includes(0), 'the oldest one went')
    assert.ok(left.includes(1), 'one that was used just now stayed')
    assert.ok(left.includes(2), 'one that is served stayed')
    const model = await store.get('atlas')
    assert.deepEqual([model.complete, model.layersHere], [false, left.length])
  })

  it('is refused where it can\'t be, with nothing freed, and says how much is missing', async () => {
    const { store, layers } = await withAtlas()
    const all = new Set((await store.get('atlas')).manifest.layers.map(({ cid }) => cid))
    await assert.rejects(makeRoom(store, { bytes: 50e6, limitBytes: 60e6 - 1, pinned: all }).then(async () => await makeRoom(store, { bytes: 70e6, limitBytes: 60e6, pinned: all })),
      (error) => error instanceof Error && error.name === 'StoreWriteError' && /no room for .* MB of them within --disk/.test(error.message))
    assert.equal((await here(store, layers)).length, layers.length)
    await assert.rejects(makeRoom(store, { bytes: 1e15, pinned: new Set() }), /on the disk; free some space/)
    assert.equal((await here(store, layers)).length, layers.length)
  })

  it('is not made where there is no limit: what lies there was wanted', async () => {
    const { store, layers } = await withAtlas()
    assert.equal(await makeRoom(store, { bytes: 1000, pinned: new Set() }), 0)
    assert.equal((await here(store, layers)).length, layers.length)
  })
})
