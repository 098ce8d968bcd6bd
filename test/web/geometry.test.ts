import assert from 'node:assert/strict'
import fc from 'fast-check'
import { arcPath, coverageRuns, isBottom, layersText, placeArcs, rangeText, spansOf, usedBy } from '../../web/swarm/geometry.ts'

const span = (layerCount: number) => fc.tuple(fc.nat(layerCount - 1), fc.integer({ min: 1, max: layerCount })).map(([start, length]) => [start, Math.min(layerCount, start + length)] as const)

describe('the ring', () => {
  it('puts no two arcs of one circle over one another, and leaves none out while there is room', () => {
    fc.assert(fc.property(fc.array(span(12), { maxLength: 20 }), (spans) => {
      const { arcs, tracks, left } = placeArcs(spans.map((each, index) => ({ peerId: String(index), name: '', state: 'online', span: each })), 5)
      assert.equal(arcs.length + left, spans.length)
      const deepest = Math.max(0, ...Array.from({ length: 12 }, (_, layer) => spans.filter(([start, end]) => start <= layer && layer < end).length))
      if (deepest <= 5) assert.equal(left, 0)
      assert.ok(tracks <= 5)
      for (const a of arcs) for (const b of arcs) assert.ok(a === b || a.track !== b.track || a.span[1] <= b.span[0] || b.span[1] <= a.span[0])
    }))
  })

  it('covers every layer once with runs of the same coverage', () => {
    fc.assert(fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 40 }), (coverage) => {
      const runs = coverageRuns(coverage)
      assert.deepEqual(runs.flatMap(({ span: [start, end], count }) => Array.from({ length: end - start }, () => count)), coverage.map((count) => Math.min(2, count)))
      runs.slice(1).forEach((run, index) => { assert.notEqual(run.count, runs[index]?.count) })
    }))
  })

  it('draws arcs of real numbers that stay on their circle, a whole circle too', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(199), fc.integer({ min: 1, max: 200 }), fc.boolean(), fc.nat(20), (layerCount, first, length, reversed, gap) => {
      const start = first % layerCount
      const path = arcPath(100, [start, Math.min(layerCount, start + length)], layerCount, { gap, reversed })
      const points = [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)(?=A|$)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
      assert.equal(points.length, 3)
      for (const [x, y] of points) assert.ok(Math.abs(Math.hypot(x, y) - 100) < 0.02, path)
    }))
    assert.equal(arcPath(10, [0, 4], 4), 'M0 -10A10 10 0 0 1 0 10A10 10 0 0 1 0 -10')
    assert.equal(isBottom([1, 3], 4), true)
    assert.equal(isBottom([3, 4], 4), false)
  })

  it('takes of the nodes what they serve of one model, within its layers', () => {
    const node = { peerId: 'p', name: 'n', device: '', roundTripMs: null, spans: [] }
    const served = { model: '', freeSlots: [], decodeMsPerToken: 0, queueMs: 0 }
    const spans = [
      { ...served, modelId: 'a', span: [2, 99] as const, state: 'online' },
      { ...served, modelId: 'b', span: [0, 1] as const, state: 'online' },
      { ...served, modelId: 'a', span: [0, 1] as const, state: 'gone' },
      { ...served, modelId: 'a', span: [50, 60] as const, state: 'online' }
    ]
    assert.deepEqual(spansOf([{ ...node, spans }], 'a', 8), [{ peerId: 'p', name: 'n', state: 'online', span: [2, 8] }])
  })

  it('says which part of an arc a route uses, and which layers', () => {
    const route = [{ peerId: 'a', span: [0, 3] as const }, { peerId: 'b', span: [3, 8] as const }]
    assert.deepEqual(usedBy(route, { peerId: 'b', span: [2, 6] }), [3, 6])
    assert.equal(usedBy(route, { peerId: 'a', span: [4, 6] }), undefined)
    assert.deepEqual([layersText([3, 4]), layersText([3, 6]), rangeText([3, 4]), rangeText([3, 6])], ['layer 3', 'layers 3 to 5', '3', '3–5'])
  })
})
