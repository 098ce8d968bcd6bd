import assert from 'node:assert/strict'
import fc from 'fast-check'
import { chooseSpan, shouldMove, type Claim, type PlacementRequest } from '../../src/placement/index.ts'
import type { Span } from '../../src/model/index.ts'

type Request = Omit<PlacementRequest, 'random' | 'served'> & { readonly served: ReadonlyArray<Span & { readonly tokensPerSecond: number }> }

const requests = fc.integer({ min: 1, max: 24 }).chain((layerCount): fc.Arbitrary<Request> => fc.record({
  layerCount: fc.constant(layerCount),
  layerBytes: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: layerCount, maxLength: layerCount }),
  embeddingBytes: fc.nat(100),
  headBytes: fc.nat(100),
  capacityBytes: fc.nat(600),
  served: fc.array(fc.tuple(fc.nat(layerCount - 1), fc.integer({ min: 1, max: layerCount }), fc.integer({ min: 1, max: 30 })).map(([start, length, tokensPerSecond]) =>
    ({ start, end: Math.min(layerCount, start + length), tokensPerSecond })), { maxLength: 6 })
}))

const bytesOf = ({ layerBytes, embeddingBytes, headBytes, layerCount }: Request, { start, end }: Span): number =>
  layerBytes.slice(start, end).reduce((sum, bytes) => sum + bytes, 0) + (start === 0 ? embeddingBytes : 0) + (end === layerCount ? headBytes : 0)

const coverage = ({ layerCount }: { layerCount: number }, spans: readonly Span[]): number[] =>
  Array.from({ length: layerCount }, (_, layer) => spans.filter(({ start, end }) => start <= layer && layer < end).length)

const uniform = (layerCount: number, capacity: number, served: Request['served'] = [], random = 0): PlacementRequest =>
  ({ layerCount, layerBytes: new Array<number>(layerCount).fill(1), embeddingBytes: 0, headBytes: 0, capacityBytes: capacity, served, random: () => random })

describe('chooseSpan', () => {
  it('takes layers next to each other that fit, and as many as fit', () => {
    fc.assert(fc.property(requests, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (request, random) => {
      const span = chooseSpan({ ...request, random: () => random })
      if (span == null) {
        request.layerBytes.forEach((_, layer) => { assert.ok(bytesOf(request, { start: layer, end: layer + 1 }) > request.capacityBytes) })
        return
      }
      assert.ok(span.start >= 0 && span.start < span.end && span.end <= request.layerCount)
      assert.ok(bytesOf(request, span) <= request.capacityBytes)
      assert.ok(span.end === request.layerCount || bytesOf(request, { ...span, end: span.end + 1 }) > request.capacityBytes)
    }))
  })

  it('covers a layer that nobody serves if one of them fits', () => {
    fc.assert(fc.property(requests, (request) => {
      const holes = coverage(request, request.served).flatMap((count, layer) => count === 0 ? [layer] : [])
      const span = chooseSpan({ ...request, random: () => 0 })
      if (holes.some((layer) => bytesOf(request, { start: layer, end: layer + 1 }) <= request.capacityBytes)) {
        assert.ok(span != null && holes.some((layer) => span.start <= layer && layer < span.end))
      }
    }))
  })

  it('leaves the weakest layer as strong as any other choice would', () => {
    fc.assert(fc.property(requests, (request) => {
      const span = chooseSpan({ ...request, random: () => 0.5 })
      const weakest = (choice: Span): number => Math.min(...Array.from({ length: request.layerCount }, (_, layer) =>
        [...request.served, { ...choice, tokensPerSecond: 1 }].filter(({ start, end }) => start <= layer && layer < end).reduce((sum, { tokensPerSecond }) => sum + tokensPerSecond, 0)))
      for (let start = 0; span != null && start < request.layerCount; start++) {
        for (let end = start + 1; end <= request.layerCount; end++) {
          assert.ok(bytesOf(request, { start, end }) > request.capacityBytes || weakest({ start, end }) <= weakest(span))
        }
      }
    }))
  })

  it('leaves one hole, not two halves', () => {
    for (const random of [0, 0.3, 0.6, 0.99]) {
      assert.ok([0, 20].includes(chooseSpan(uniform(30, 10, [], random))?.start ?? -1))
    }
  })

  it('breaks ties by the source of chance that it is given', () => {
    assert.deepEqual(chooseSpan(uniform(30, 10, [], 0)), { start: 0, end: 10 })
    assert.deepEqual(chooseSpan(uniform(30, 10, [], 0.99)), { start: 20, end: 30 })
  })

  it('helps the slow where everything is covered', () => {
    const served = [{ start: 0, end: 10, tokensPerSecond: 20 }, { start: 10, end: 20, tokensPerSecond: 5 }, { start: 20, end: 30, tokensPerSecond: 20 }]
    assert.deepEqual(chooseSpan(uniform(30, 10, served)), { start: 10, end: 20 })
  })

  it('counts the embedding and the head', () => {
    const request = { ...uniform(4, 2), embeddingBytes: 2, headBytes: 1 }
    const start = chooseSpan({ ...request, served: [{ start: 1, end: 4, tokensPerSecond: 1 }] })
    assert.ok(start != null && start.start > 0, 'layer 0 with the embedding does not fit')
  })

  it('takes nothing where nothing fits', () => {
    assert.equal(chooseSpan(uniform(4, 0)), undefined)
  })
})

describe('shouldMove', () => {
  const claim = (peerId: string, start: number, end: number, settled = false): Claim => ({ peerId, start, end, settled, tokensPerSecond: 1 })

  it('yields to those who load or serve, and to claims of peers that come first', () => {
    const own = { peerId: 'b', start: 0, end: 2 }
    const { served: _, ...base } = uniform(4, 2)
    assert.deepEqual(shouldMove({ ...base, own, others: [claim('a', 0, 2)] }), { start: 2, end: 4 })
    assert.deepEqual(shouldMove({ ...base, own, others: [claim('c', 0, 2, true)] }), { start: 2, end: 4 })
    assert.equal(shouldMove({ ...base, own, others: [claim('c', 0, 2)] }), undefined)
    assert.equal(shouldMove({ ...base, own, others: [claim('a', 2, 4)] }), undefined)
  })

  it('lets nodes that start together cover everything they can hold, in at most as many rounds as there are nodes', () => {
    const sizes = fc.integer({ min: 1, max: 40 }).chain((layerCount) => fc.tuple(fc.constant(layerCount), fc.integer({ min: 1, max: layerCount })))
    fc.assert(fc.property(sizes, fc.nat(3), fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), ([layerCount, width], spare, chance) => {
      const random = (): number => chance.next().value
      const count = Math.ceil(layerCount / width) + spare
      const { served: _, ...base } = { ...uniform(layerCount, width), random }
      const claims = Array.from({ length: count }, (_, index) => {
        // nobody knows of anybody yet
        const span = chooseSpan({ ...base, served: [] })
        assert.ok(span != null)
        return claim(`peer ${String(index).padStart(3, '0')}`, span.start, span.end)
      })
      for (let round = 0, moved = true; moved; round++) {
        assert.ok(round <= count, 'the claims do not come to rest')
        // all look at the same moment, so some move to the same place again
        const moves = claims.map((own, index) => shouldMove({ ...base, own, others: claims.filter((_, other) => other !== index) }))
        moved = moves.some((span) => span != null)
        moves.forEach((span, index) => {
          const { peerId } = claims[index] ?? { peerId: '' }
          if (span != null) {
            claims[index] = claim(peerId, span.start, span.end)
          }
        })
      }
      assert.ok(coverage(base, claims).every((holders) => holders > 0))
    }))
  })
})
