import assert from 'node:assert/strict'
import fc from 'fast-check'
import { replayPool, type ReplayBuffer, type ReplayEntry } from '../../src/pipeline/replay-buffer.ts'

const entry = (position: number, rows: number, mark = 0): ReplayEntry => ({ position, rows, payload: new Uint8Array(rows * 10).fill(mark) })

/** What is in memory is given at once. */
function since (buffer: ReplayBuffer, from: number): readonly ReplayEntry[] {
  const entries = buffer.since(from).next()
  assert.ok(!(entries instanceof Promise))
  return entries
}

describe('replayPool', () => {
  it('keeps what was sent, in order, and says what it covers', () => {
    const buffer = replayPool({ bytesPerSession: 1000, bytes: 1000 }).buffer()
    assert.deepEqual(buffer.covers, { from: 0, to: 0 })
    for (const each of [entry(0, 4), entry(4, 4), entry(8, 1), entry(9, 1)]) buffer.add(each)
    assert.deepEqual(buffer.covers, { from: 0, to: 10 })
    assert.deepEqual(since(buffer, 5).map(({ position }) => position), [4, 8, 9])
    assert.deepEqual(since(buffer, 10), [])
  })

  it('forgets what was taken back', () => {
    const buffer = replayPool({ bytesPerSession: 1000, bytes: 1000 }).buffer()
    for (const each of [entry(0, 4), entry(4, 1), entry(5, 1), entry(4, 1, 7)]) buffer.add(each)
    assert.deepEqual(since(buffer, 0).map(({ position, payload }) => [position, payload[0]]), [[0, 0], [4, 7]])
    assert.equal(buffer.bytes, 50)
  })

  it('forgets the oldest over its own limit, and never takes from another session', () => {
    const pool = replayPool({ bytesPerSession: 100, bytes: 150 })
    const [first, second] = [pool.buffer(), pool.buffer()]
    for (let position = 0; position < 20; position++) first.add(entry(position, 1))
    assert.deepEqual(first.covers, { from: 10, to: 20 })
    for (let position = 0; position < 20; position++) second.add(entry(position, 1))
    assert.deepEqual(second.covers, { from: 15, to: 20 })
    assert.deepEqual(first.covers, { from: 10, to: 20 })
    first.add(entry(20, 50))
    assert.deepEqual(first.covers, { from: 0, to: 0 })
    first.clear()
    second.clear()
    assert.equal(pool.usedBytes, 0)
  })

  it('never holds more than its limits, counts rightly, and replays to what was sent last', () => {
    fc.assert(fc.property(fc.array(fc.record({ back: fc.nat(5), rows: fc.integer({ min: 1, max: 4 }), who: fc.nat(1) }), { maxLength: 80 }), (steps) => {
      const pool = replayPool({ bytesPerSession: 120, bytes: 200 })
      const sides = [0, 1].map(() => ({ buffer: pool.buffer(), truth: [] as number[] }))
      for (const [mark, { back, rows, who }] of steps.entries()) {
        const side = sides[who]
        if (side === undefined) continue
        const position = Math.max(0, side.truth.length - back)
        side.truth.splice(position)
        side.truth.push(...new Array<number>(rows).fill(mark))
        side.buffer.add(entry(position, rows, mark))
      }
      for (const { buffer, truth } of sides) {
        assert.ok(buffer.bytes <= 120)
        const replayed: number[] = []
        for (const { position, rows, payload } of since(buffer, buffer.covers.from)) {
          replayed.splice(position - buffer.covers.from)
          replayed.push(...new Array<number>(rows).fill(payload[0] ?? -1))
        }
        assert.deepEqual(replayed, truth.slice(buffer.covers.from, buffer.covers.to))
        assert.ok(buffer.covers.to === truth.length || buffer.bytes === 0)
      }
      assert.equal(pool.usedBytes, sides.reduce((sum, { buffer }) => sum + buffer.bytes, 0))
      assert.ok(pool.usedBytes <= 200)
    }), { numRuns: 300 })
  })
})
