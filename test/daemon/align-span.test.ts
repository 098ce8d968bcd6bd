import assert from 'node:assert/strict'
import fc from 'fast-check'
import { alignSpan } from '../../src/daemon/align-span.ts'

const span = (layerCount: number) => fc.tuple(fc.nat(layerCount - 1), fc.integer({ min: 1, max: layerCount })).map(([start, length]) => ({ start, end: Math.min(layerCount, start + length) }))

describe('a span beside those of others', () => {
  it('ends where they begin', () => {
    assert.deepEqual(alignSpan({ start: 0, end: 3 }, [{ start: 2, end: 6 }], 8), { start: 0, end: 2 })
    assert.deepEqual(alignSpan({ start: 5, end: 8 }, [{ start: 2, end: 6 }], 8), { start: 6, end: 8 })
    assert.deepEqual(alignSpan({ start: 1, end: 7 }, [{ start: 3, end: 4 }], 8), { start: 1, end: 7 })
  })
  it('stands in for whole spans where nothing is lacking', () => {
    assert.deepEqual(alignSpan({ start: 1, end: 6 }, [{ start: 0, end: 2 }, { start: 2, end: 5 }, { start: 5, end: 8 }], 8), { start: 2, end: 5 })
    assert.deepEqual(alignSpan({ start: 1, end: 6 }, [{ start: 0, end: 8 }], 8), { start: 1, end: 6 })
  })
  it('is never longer than it was, never empty, and keeps every layer that only it has', () => {
    fc.assert(fc.property(span(12), fc.array(span(12), { maxLength: 5 }), (chosen, served) => {
      const { start, end } = alignSpan(chosen, served, 12)
      assert.ok(start >= chosen.start && end <= chosen.end && start < end)
      for (let layer = chosen.start; layer < chosen.end; layer++) {
        if (!served.some((other) => other.start <= layer && layer < other.end)) assert.ok(start <= layer && layer < end)
      }
    }))
  })
  it('joins up: nodes that come one after another make a route', () => {
    fc.assert(fc.property(fc.array(span(12), { minLength: 30, maxLength: 60 }), (chosen) => {
      const served: Array<{ start: number, end: number }> = []
      for (const next of chosen) {
        const lacks = Array.from({ length: next.end - next.start }, (_, index) => next.start + index).some((layer) => !served.some(({ start, end }) => start <= layer && layer < end))
        if (lacks) served.push(alignSpan(next, served, 12))
      }
      const covered = Array.from({ length: 12 }, (_, layer) => layer).every((layer) => served.some(({ start, end }) => start <= layer && layer < end))
      let reached = new Set([0])
      for (let round = 0; round < 12; round++) reached = new Set([...reached, ...served.filter(({ start }) => reached.has(start)).map(({ end }) => end)])
      if (covered) assert.ok(reached.has(12), JSON.stringify(served))
    }))
  })
})
