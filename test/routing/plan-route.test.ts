import assert from 'node:assert/strict'
import fc from 'fast-check'
import { planRoute, type RouteCandidate, type RouteHop, type RouteRequest } from '../../src/routing/index.ts'

const candidate = (peerId: string, start: number, end: number, rest: Partial<RouteCandidate> = {}): RouteCandidate =>
  ({ peerId, start, end, decodeMsPerToken: 10, queueMs: 0, hasCapacity: true, ...rest })

const request = (layerCount: number, candidates: RouteCandidate[], oneWayMs: RouteRequest['oneWayMs'] = () => 1): RouteRequest => ({ layerCount, candidates, oneWayMs })

describe('planRoute', () => {
  it('puts spans one after another', () => {
    const plan = planRoute(request(6, [candidate('c', 4, 6), candidate('a', 0, 2), candidate('b', 2, 4)]))
    assert.deepEqual(plan.kind === 'route' && plan.hops, [
      { peerId: 'a', start: 0, end: 2 }, { peerId: 'b', start: 2, end: 4 }, { peerId: 'c', start: 4, end: 6 }
    ])
  })

  it('enters a span in the middle, and pays for the layers that it uses', () => {
    const plan = planRoute(request(4, [candidate('a', 0, 3), candidate('b', 1, 4, { decodeMsPerToken: 3 })], () => 0))
    assert.deepEqual(plan.kind === 'route' && plan.hops, [{ peerId: 'a', start: 0, end: 1 }, { peerId: 'b', start: 1, end: 4 }])
    assert.ok(plan.kind === 'route' && Math.abs(plan.lapMs - (10 / 3 + 3)) < 1e-3)
  })

  it('prefers fewer hops where the lap is as long', () => {
    const plan = planRoute(request(4, [candidate('a', 0, 2), candidate('b', 2, 4), candidate('z', 0, 4, { decodeMsPerToken: 20 })], () => 0))
    assert.deepEqual(plan.kind === 'route' && plan.hops, [{ peerId: 'z', start: 0, end: 4 }])
  })

  it('counts the way from the tail back to the head', () => {
    const far = (from: string, to: string): number => from === 'tail' && to === 'near' ? 100 : 1
    const plan = planRoute(request(2, [candidate('near', 0, 1), candidate('other', 0, 1, { decodeMsPerToken: 12 }), candidate('tail', 1, 2)], far))
    assert.equal(plan.kind === 'route' && plan.hops[0]?.peerId, 'other')
  })

  it('names the layers that nobody serves, or that have no free slot now', () => {
    assert.deepEqual(planRoute(request(6, [candidate('a', 1, 3), candidate('b', 4, 5)])), { kind: 'uncovered', missing: [{ start: 0, end: 1 }, { start: 3, end: 4 }, { start: 5, end: 6 }] })
    assert.deepEqual(planRoute(request(2, [candidate('a', 0, 1), candidate('b', 1, 2, { hasCapacity: false })])), { kind: 'busy', busy: [{ start: 1, end: 2 }] })
    assert.equal(planRoute({ ...request(1, [candidate('a', 0, 1)]), exclude: new Set(['a']) }).kind, 'uncovered')
  })

  /** Every way to run the layers, by trying all; a peer may come up again later. */
  function * allRoutes (candidates: readonly RouteCandidate[], layerCount: number, start = 0, last?: RouteCandidate): Generator<Array<RouteHop & { of: RouteCandidate }>> {
    if (start === layerCount) {
      yield []
      return
    }
    for (const of of candidates.filter((one) => one !== last && one.start <= start && start < one.end)) {
      for (let end = start + 1; end <= of.end; end++) {
        for (const rest of allRoutes(candidates, layerCount, end, of)) {
          yield [{ peerId: of.peerId, start, end, of }, ...rest]
        }
      }
    }
  }

  it('takes a delay that is no number for a long one', () => {
    const plan = planRoute(request(2, [candidate('a', 0, 1), candidate('b', 1, 2), candidate('c', 1, 2, { decodeMsPerToken: 500 })], (_, to) => to === 'b' ? NaN : 1))
    assert.equal(plan.kind === 'route' && plan.hops[1]?.peerId, 'c')
  })

  it('gives the same route whatever the order of the candidates', () => {
    const candidates = [candidate('a', 0, 2), candidate('b', 0, 2), candidate('c', 2, 4), candidate('d', 2, 4)]
    assert.deepEqual(planRoute(request(4, candidates)), planRoute(request(4, candidates.toReversed())))
  })

  it('finds what trying everything finds', () => {
    const span = fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 })).map(([start, length]) => ({ start, end: Math.min(4, start + length) }))
    const one = fc.record({ span, ms: fc.integer({ min: 1, max: 50 }), queue: fc.nat(20) })
    fc.assert(fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(40), { minLength: 25, maxLength: 25 }), (made, delays) => {
      const candidates = made.map(({ span: { start, end }, ms, queue }, index) => candidate(`p${index}`, start, end, { decodeMsPerToken: ms, queueMs: queue }))
      const oneWayMs = (from: string, to: string): number => delays[Number(from.slice(1)) * 5 + Number(to.slice(1))] ?? 0
      const plan = planRoute(request(4, candidates, oneWayMs))
      const costs = [...allRoutes(candidates, 4)].map((hops) => hops.reduce((sum, { of, start, end, peerId }, index) => {
        const next = hops[(index + 1) % hops.length]?.peerId ?? ''
        return sum + of.queueMs + of.decodeMsPerToken * (end - start) / (of.end - of.start) + (next === peerId ? 0 : oneWayMs(peerId, next))
      }, 0))
      if (plan.kind === 'route') {
        assert.ok(Math.abs(plan.lapMs - Math.min(...costs)) < 1e-3)
        assert.equal(plan.hops.at(-1)?.end, 4)
      } else {
        assert.equal(costs.length, 0)
      }
    }), { numRuns: 300 })
  })
})
