import assert from 'node:assert/strict'
import { stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { evictions } from '../../src/store/disk-budget.ts'
import { diskBudget, importModel, modelStore, type ModelStore } from '../../src/store/index.ts'
import { removeFolders, root, temporaryFolder } from '../support/shoal.ts'
import type { Part } from '../../src/model/index.ts'

describe('the choice of blobs that go', () => {
  const file = fc.record({ name: fc.uuid(), bytes: fc.integer({ min: 1, max: 1000 }), usedAtMs: fc.integer({ min: 0, max: 1e6 }), isPartial: fc.boolean() })
  const total = (files: ReadonlyArray<{ bytes: number }>): number => files.reduce((sum, { bytes }) => sum + bytes, 0)

  it('is the least recently used ones, none that stays and no more than needed, and none where all are not enough', () => {
    fc.assert(fc.property(fc.array(fc.tuple(file, fc.boolean()), { maxLength: 20 }), fc.nat(20_000), fc.nat(5000), (drawn, limitBytes, bytes) => {
      const files = drawn.map(([one]) => ({ ...one, cid: one.name }))
      const pinned = new Set(drawn.flatMap(([{ name }, stays]) => (stays ? [name] : [])))
      const { evict, missingBytes } = evictions({ files, mayGo: ({ cid }) => !pinned.has(cid), limitBytes, bytes })
      assert.ok(evict.every(({ cid }) => !pinned.has(cid)), 'what is pinned stays')
      assert.equal(missingBytes, Math.max(0, total(files.filter(({ cid }) => pinned.has(cid))) + bytes - limitBytes), 'what can be freed is')
      if (missingBytes > 0) {
        assert.equal(evict.length, 0)
        return
      }
      const left = total(files) - total(evict)
      assert.ok(left + bytes <= limitBytes, 'there is room')
      const last = evict.at(-1)
      if (last !== undefined) assert.ok(left + last.bytes + bytes > limitBytes, 'the last one had to go')
      assert.deepEqual(evict.map(({ usedAtMs }) => usedAtMs), evict.map(({ usedAtMs }) => usedAtMs).sort((a, b) => a - b))
      const newest = Math.max(0, ...evict.map(({ usedAtMs }) => usedAtMs))
      assert.ok(files.filter((one) => !evict.includes(one) && !pinned.has(one.cid)).every(({ usedAtMs }) => usedAtMs >= newest), 'older ones first')
    }), { numRuns: 1000 })
  })
})

describe('the room for blobs', () => {
  after(removeFolders)

  /** Nothing of it is here. */
  const coming = (size: number, name = 'x'): Part => ({ cid: `bafkrei${name.repeat(20)}`, size, pieceSize: 1024 ** 2, pieces: `bafkrei${name.repeat(19)}q`, tensors: [] })

  async function withAtlas (): Promise<{ readonly store: ModelStore, readonly used: number, readonly layers: readonly Part[], pinned (): string[] }> {
    const store = await modelStore(await temporaryFolder())
    const { manifest, modelId } = await importModel({ source: join(root, 'models', 'atlas'), name: 'atlas', store })
    for (const [index, { cid }] of manifest.layers.entries()) await utimes(store.blobs.path(cid), 1000 + index, 1000 + index)
    const { size } = await stat(store.blobs.path(modelId))
    return {
      store,
      used: (await store.get('atlas')).bytes + size,
      layers: manifest.layers,
      pinned: () => [manifest.embedding, ...manifest.layers, manifest.head].map(({ cid }) => cid)
    }
  }
  const here = async (store: ModelStore, layers: ReadonlyArray<{ cid: string }>): Promise<number[]> =>
    (await Promise.all(layers.map(async ({ cid }, index) => (await store.blobs.has(cid) ? [index] : [])))).flat()
  const refused = (text: RegExp) => (error: unknown): boolean => error instanceof Error && error.name === 'StoreWriteError' && text.test(error.message)

  it('is made of blobs that nobody serves, the least recently used first; the model stays, in part', async () => {
    const { store, used, layers } = await withAtlas()
    const size = layers[0]?.size ?? 0
    const budget = diskBudget(store, { limitBytes: used, pinned: () => [layers[2]?.cid ?? ''] })
    await budget.touch([layers[1]?.cid ?? ''])
    const { freedBytes } = await budget.makeRoom([coming(size + 20_000)])
    assert.ok(freedBytes >= size + 20_000)
    assert.deepEqual(await here(store, layers), [1, 2, 4, 5, 6, 7], 'the oldest went, not what was used or is served')
    const model = await store.get('atlas')
    assert.deepEqual([model.complete, model.layersHere], [false, 6])
  })

  it('is reserved for what has no name yet, and what belongs to that stays', async () => {
    const { store, used, layers } = await withAtlas()
    const size = layers[0]?.size ?? 0
    const budget = diskBudget(store, { limitBytes: used })
    const room = await budget.reserve(2 * size, { beside: [layers[0]?.cid ?? ''] })
    assert.ok(room.freedBytes >= 2 * size)
    assert.deepEqual((await here(store, layers)).slice(0, 2), [0, 3])
    // nothing of it is written: whoever comes next gets none of it
    const next = await budget.reserve(1000)
    assert.ok(next.freedBytes >= size)
    next.release()
    room.written(size)
    room.written(size)
    assert.equal((await budget.reserve(1000)).freedBytes, 0)
    await assert.rejects(budget.reserve(70e6), refused(/70\.0 MB of weights are to come, and there is no room for .* MB of them within --disk/))
  })

  it('is refused where it can\'t be, with nothing freed, and says how much is missing', async () => {
    const { store, used, layers, pinned } = await withAtlas()
    const budget = diskBudget(store, { limitBytes: used + 1_000_000, pinned })
    const room = await budget.makeRoom([coming(1_000_000)])
    room.release()
    await assert.rejects(budget.makeRoom([coming(70e6, 'z')]), refused(/70\.0 MB .* no room for .* MB of them within --disk/))
    await assert.rejects(diskBudget(store).makeRoom([coming(1e15)]), refused(/on the disk; free some space/))
    assert.equal((await here(store, layers)).length, layers.length)
    // a refusal promises nothing
    await budget.makeRoom([coming(1_000_000)])
  })

  it('is not made where there is no limit: what lies there was wanted', async () => {
    const { store, layers } = await withAtlas()
    assert.equal((await diskBudget(store).makeRoom([coming(1000)])).freedBytes, 0)
    assert.equal((await here(store, layers)).length, layers.length)
  })

  it('knows the blobs in use by their times, which are written at most once a minute', async () => {
    const { store, layers: [layer] } = await withAtlas()
    assert.ok(layer !== undefined)
    let now = 5e12
    const budget = diskBudget(store, { now: () => now })
    const usedAt: number[] = []
    for (const after of [0, 59_000, 2_000]) {
      now += after
      await budget.touch([layer.cid, coming(1, 'n').cid])
      usedAt.push((await stat(store.blobs.path(layer.cid))).mtimeMs - 5e12)
    }
    assert.deepEqual(usedAt, [0, 0, 61_000])
  })

  it('is promised once, until it is released', async () => {
    const { store, used, pinned } = await withAtlas()
    const budget = diskBudget(store, { limitBytes: used + 1_000_000, pinned })
    const [first, second] = await Promise.allSettled([budget.makeRoom([coming(900_000, 'a')]), budget.makeRoom([coming(900_000, 'b')])])
    assert.ok(first.status === 'fulfilled')
    assert.ok(second.status === 'rejected' && refused(/no room for 0\.8 MB/)(second.reason))
    first.value.release()
    await budget.makeRoom([coming(900_000, 'b')])
  })

  it('keeps what it was made for, and what is here already', async () => {
    const { store, used, layers } = await withAtlas()
    const budget = diskBudget(store, { limitBytes: used })
    const room = await budget.makeRoom([...layers.slice(0, 7), coming(10_000)])
    assert.deepEqual(await here(store, layers), [0, 1, 2, 3, 4, 5, 6])
    room.release()
    await budget.makeRoom([coming(10_000 + (layers[7]?.size ?? 0))])
    assert.deepEqual(await here(store, layers), [1, 2, 3, 4, 5, 6])
  })

  it('counts what an earlier try left of a download, and holes not at all', async () => {
    const { store, used, pinned } = await withAtlas()
    const part = coming(1_000_000)
    await writeFile(store.blobs.partialPath(part.cid), Buffer.alloc(900_000, 1))
    const budget = diskBudget(store, { limitBytes: used + 1_000_000 + 4096, pinned })
    const room = await budget.makeRoom([part])
    room.release()
    const sparse = coming(1_000_000, 's')
    await writeFile(store.blobs.partialPath(sparse.cid), '')
    await truncate(store.blobs.partialPath(sparse.cid), 900_000)
    const besideHoles = await budget.makeRoom([part])
    besideHoles.release()
    await assert.rejects(budget.makeRoom([part, sparse]), refused(/no room for 1\.0 MB/))
  })

  it('takes what was fetched of blobs that nobody waits for any more', async () => {
    const { store, used, pinned } = await withAtlas()
    const [old, young] = [coming(500_000, 'c'), coming(500_000, 'd')]
    for (const { cid } of [old, young]) await writeFile(store.blobs.partialPath(cid), Buffer.alloc(400_000, 1))
    await utimes(store.blobs.partialPath(old.cid), Date.now() / 1000 - 3600, Date.now() / 1000 - 3600)
    const budget = diskBudget(store, { limitBytes: used + 800_000, pinned })
    assert.ok((await budget.makeRoom([coming(100_000)])).freedBytes >= 400_000)
    await assert.rejects(budget.makeRoom([coming(700_000, 'e')]), refused(/no room/))
  })
})
