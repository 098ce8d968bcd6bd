import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { replayPool, type ReplayBuffer, type ReplayCursor, type ReplayEntry } from '../../src/pipeline/replay-buffer.ts'
import { spillFile, type SpillFile } from '../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { watchedSpill, type WatchedSpill } from './support/watched-spill.ts'

const ROW_BYTES = 10
/** Half of it is where writing begins: what three steps add fits into the other half. */
const SMALL = { bytesPerSession: 300, bytes: 600 }
const LARGE = { bytesPerSession: 1e9, bytes: 1e9 }

const entry = (position: number, rows: number, mark: number): ReplayEntry => ({ position, rows, payload: new Uint8Array(rows * ROW_BYTES).fill(mark) })

async function rest (cursor: ReplayCursor, most?: number): Promise<ReplayEntry[]> {
  const all: ReplayEntry[] = []
  for (;;) {
    const next = await cursor.next(most)
    if (next.length === 0) return all
    all.push(...next.map((each) => ({ ...each, payload: Uint8Array.from(each.payload) })))
  }
}

/** Replayed in order, each takes back what lies at or behind it. */
function applied (entries: readonly ReplayEntry[]): number[] {
  const rows: number[] = []
  for (const { position, rows: count, payload } of entries) {
    assert.ok(position <= rows.length, 'no gap')
    rows.splice(position)
    for (let row = 0; row < count; row++) rows.push(payload[row * ROW_BYTES] ?? -1)
  }
  return rows
}

describe('replay buffers with a spill', () => {
  let file: SpillFile
  let spill: WatchedSpill
  beforeEach(async () => {
    file = await spillFile(await temporaryFolder(), { limitBytes: 1e6, pageBytes: 64 })
    spill = watchedSpill(file)
  })
  afterEach(async () => { await file.close() })
  after(removeFolders)

  const filled = async (pool = replayPool(SMALL, spill), entries = 100): Promise<ReplayBuffer> => {
    const buffer = pool.buffer()
    for (let index = 0; index < entries; index++) {
      buffer.add(entry(index, 1, index))
      await spill.rest()
    }
    return buffer
  }

  it('cover what is on the disk, and give it in order with what is in memory', async () => {
    const buffer = await filled()
    assert.deepEqual(buffer.covers, { from: 0, to: 100 })
    assert.ok(buffer.bytes <= SMALL.bytesPerSession && spill.writes > 0)
    const entries = await rest(buffer.since(3))
    assert.deepEqual(entries.map(({ position, payload }) => [position, payload[0], payload.length]), Array.from({ length: 97 }, (_, index) => [index + 3, index + 3, ROW_BYTES]))
    buffer.clear()
    assert.equal(file.usedBytes, 0)
  })

  it('read nothing from the disk, and wait for nothing, where everything that is asked for is in memory', async () => {
    const buffer = await filled()
    assert.ok(Array.isArray(buffer.since(99).next()))
    assert.equal(spill.reads, 0)
  })

  it('read a block once, however few entries are taken at a time', async () => {
    const buffer = await filled()
    await rest(buffer.since(0), 1)
    assert.ok(spill.reads > 0 && spill.reads <= spill.writes)
  })

  it('give what came in place of what is taken back while it is read or written, and keep no room for that', async () => {
    const pool = replayPool(SMALL, spill)
    const buffer = await filled(pool)
    const reading = buffer.since(0).next()
    buffer.add(entry(0, 1, 7))
    assert.deepEqual((await reading).map(({ position, payload }) => [position, payload[0]]), [[0, 7]])
    for (let index = 1; index < 17; index++) buffer.add(entry(index, 1, index))
    await nextTurn()
    buffer.add(entry(3, 1, 8))
    await spill.rest()
    assert.deepEqual((await rest(buffer.since(0))).map(({ payload }) => payload[0]), [7, 1, 2, 8])
    assert.equal(pool.usedBytes, buffer.bytes)
    buffer.clear()
    assert.deepEqual([pool.usedBytes, file.usedBytes], [0, 0])
  })

  it('write what others have when the node is short of memory, and nobody forgets', async () => {
    const pool = replayPool({ bytesPerSession: 1000, bytes: 1000 }, spill)
    const buffers = [await filled(pool, 45), await filled(pool, 45), await filled(pool, 45)]
    for (const { covers } of buffers) assert.deepEqual(covers, { from: 0, to: 45 })
    assert.ok(pool.usedBytes <= 500)
  })

  it('give exactly what large ones in memory give, whatever is added, taken back, read and cleared, in several sessions on one file', async () => {
    const step = fc.record({ kind: fc.constantFrom('add', 'add', 'add', 'since', 'clear'), who: fc.nat(2), back: fc.oneof(fc.constant(0), fc.nat(30)), rows: fc.integer({ min: 1, max: 4 }), most: fc.integer({ min: 1, max: 9 }) })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const [small, large] = [replayPool(SMALL, spill), replayPool(LARGE)]
      const sides = [0, 1, 2].map(() => ({ small: small.buffer(), large: large.buffer() }))
      for (const [index, { kind, who, back, rows, most }] of steps.entries()) {
        const side = sides[who]
        if (side === undefined) continue
        const position = Math.max(0, side.large.covers.to - back)
        if (kind === 'add') {
          for (const each of [side.small, side.large]) each.add(entry(position, rows, index))
          if (index % 3 === 0) await spill.rest()
        } else if (kind === 'since') {
          assert.deepEqual(await rest(side.small.since(position), most), await rest(side.large.since(position)))
        } else {
          side.small.clear()
          side.large.clear()
        }
        assert.deepEqual(side.small.covers, side.large.covers)
        assert.ok(small.usedBytes <= SMALL.bytes && side.small.bytes <= SMALL.bytesPerSession)
      }
      await spill.rest()
      for (const side of sides) {
        assert.deepEqual(await rest(side.small.since(0)), await rest(side.large.since(0)))
        side.small.clear()
      }
      assert.deepEqual([small.usedBytes, file.usedBytes], [0, 0])
    }), { numRuns: 60 })
  })

  it('give a reader that keeps up with them everything, while they are written, taken back and cleared under its reads', async () => {
    const step = fc.record({ back: fc.oneof(fc.constant(0), fc.nat(12)), rows: fc.integer({ min: 1, max: 4 }), reads: fc.boolean(), waits: fc.constantFrom('not', 'a turn', 'for the disk') })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.boolean(), async (steps, isCleared) => {
      const pool = replayPool(SMALL, spill)
      const [buffer, other] = [pool.buffer(), pool.buffer()]
      const truth: number[] = []
      const cursor = buffer.since(0)
      const got: ReplayEntry[] = []
      let reading: Promise<void> | undefined
      const read = async (): Promise<void> => {
        for (const { payload, ...each } of await cursor.next(3)) {
          assert.ok(payload.every((byte) => byte === payload[0]) && payload.length === each.rows * ROW_BYTES)
          got.push({ ...each, payload: Uint8Array.from(payload) })
        }
      }
      for (const [index, { back, rows, reads, waits }] of steps.entries()) {
        const position = Math.max(0, truth.length - back)
        truth.splice(position)
        truth.push(...new Array<number>(rows).fill(index))
        buffer.add(entry(position, rows, index))
        other.add(entry(other.covers.to, 1, 255))
        if (reads) reading ??= read().finally(() => { reading = undefined })
        if (waits === 'a turn') await nextTurn()
        if (waits === 'for the disk' || index % 3 === 0) await spill.rest()
      }
      if (isCleared) {
        const last = cursor.next()
        buffer.clear()
        other.clear()
        assert.ok((await last).length >= 0)
        await spill.rest()
        assert.equal(file.usedBytes, 0)
        return
      }
      await reading
      got.push(...await rest(cursor, 2))
      assert.ok(!cursor.lost)
      assert.deepEqual(applied(got), truth)
      buffer.clear()
      other.clear()
      await spill.rest()
      assert.equal(file.usedBytes, 0)
    }), { numRuns: 80 })
  })

  it('forget their oldest where the file is full, and go on with the room of that', async () => {
    await file.close()
    file = await spillFile(await temporaryFolder(), { limitBytes: 1024, pageBytes: 64 })
    spill = watchedSpill(file)
    const buffer = await filled(undefined, 300)
    const { from, to } = buffer.covers
    assert.ok(to === 300 && from > 150 && to - from > 70, `${from} to ${to}`)
    assert.deepEqual((await rest(buffer.since(from))).map(({ position }) => position), Array.from({ length: to - from }, (_, index) => from + index))
  })

  for (const said of ['full', 'failed'] as const) {
    it(`forget what could not be written where a write ends with ${said}, and what is older, and go on`, async () => {
      const buffer = await filled()
      spill.instead.write = said
      for (let index = 100; index < 140; index++) {
        buffer.add(entry(index, 1, index))
        await spill.rest()
      }
      const { from, to } = buffer.covers
      assert.ok(from >= 100 && to === 140 && file.usedBytes === 0)
      spill.instead.write = undefined
      for (let index = 140; index < 240; index++) {
        buffer.add(entry(index, 1, index))
        await spill.rest()
      }
      assert.deepEqual(buffer.covers, { from, to: 240 })
      assert.equal((await rest(buffer.since(from))).length, 240 - from)
    })
  }

  it('forget what can no longer be read, and say so', async () => {
    const buffer = await filled()
    const cursor = buffer.since(0)
    assert.equal((await cursor.next(1)).length, 1)
    const other = buffer.since(40)
    spill.instead.read = 'failed'
    assert.deepEqual([await other.next(), other.lost, other.left], [[], true, 0])
    assert.ok(buffer.covers.from > 40 && buffer.covers.to === 100)
    assert.deepEqual([await cursor.next(), cursor.lost], [[], true])
  })

  it('keep their limits of memory while the disk does not answer', () => {
    const pool = replayPool(SMALL, { write: async () => await new Promise(() => undefined) })
    const buffer = pool.buffer()
    for (let index = 0; index < 500; index++) {
      buffer.add(entry(index, 1, index))
      assert.ok(buffer.bytes <= SMALL.bytesPerSession && pool.usedBytes <= SMALL.bytes)
    }
    assert.deepEqual(buffer.covers, { from: 470, to: 500 })
  })
})
