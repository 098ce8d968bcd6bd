import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RingType, STATS_MS, Stats } from '../../../protocols/ring/index.ts'
import { encodeFrame, payloadOf, readHeader } from '../../../protocols/frame/index.ts'
import { hopStats, soundWork } from '../../../src/pipeline/coordinator/hop-stats.ts'
import { fakeSwarm, type FakeSwarm, type FakeSwarmInit } from '../support/fake-swarm.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import type { GenerateEvent, HopTiming } from '../../../src/pipeline/index.ts'

const THREE = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]] } satisfies FakeSwarmInit
const WORK = { laps: 3, rows: 7, queueMs: 1, computeMs: 20, sendMs: 2, bytesSent: 900n }

const hopsOf = (events: readonly GenerateEvent[]): readonly HopTiming[] | undefined => {
  const last = events.at(-1)
  return last?.kind === 'done' ? last.hops : undefined
}

/** Time passes by itself: a stage that computes moves the clock. */
function takesTime (swarm: FakeSwarm, ms: number): void {
  for (const { runner } of swarm.nodes) {
    runner.ranMs = ms
    runner.before = async () => { await swarm.clock.advance(ms + 1) }
  }
}

describe('where the time of an answer went', () => {
  it('is told by every stage: frames, rows, the three times, and bytes', async () => {
    const swarm = await fakeSwarm(THREE)
    takesTime(swarm, 2)
    const hops = hopsOf(await swarm.ask())
    assert.deepEqual(hops?.map(({ peerId, span, laps, rows }) => [peerId, span, laps, rows]), [
      // one frame of five prompt ids, then eleven tokens: the twelfth is not fed back
      ['a', [0, 2], 12, 16], ['b', [2, 4], 12, 16], ['x', [4, 6], 12, 16]
    ])
    for (const { computeMs, queueMs, sendMs, bytesSent, prefill } of hops ?? []) {
      assert.equal(computeMs, 24)
      assert.ok(queueMs >= 12 && sendMs >= 0 && bytesSent > 0)
      assert.ok(prefill?.laps === 1 && prefill.rows === 5 && prefill.computeMs === 2 && prefill.bytesSent < bytesSent)
    }
    // five rows of four halves and their exponents, and eleven single ones, each in its frame
    assert.equal(hops?.[0]?.bytesSent, (24 + 2 * 5 + 2 * 4 * 5) + 11 * (24 + 2 + 2 * 4))
  })

  it('says when the route was open', async () => {
    const swarm = await fakeSwarm(THREE)
    const done = (await swarm.ask()).at(-1)
    assert.ok(done?.kind === 'done' && done.timings.openMs !== undefined && done.timings.openMs >= 0 && done.timings.openMs <= done.timings.ttftMs)
  })

  it('is told by the stages that are left and by the one that took over, after a repair', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['b2', 2, 4]] })
    const events: GenerateEvent[] = []
    for await (const event of swarm.coordinator.generate({ modelId: 'fake-model', prompt: { kind: 'ids', ids: [1, 2, 3, 4, 5] }, maxTokens: 12, stop: [], sampling: { temperature: 0 }, wire: 'f16' })) {
      events.push(event)
      if (events.filter(({ kind }) => kind === 'token').length === 4 && event.kind === 'token') {
        const [, middle] = event.kind === 'token' ? routeOf(events) : []
        for (const { ends } of swarm.network.links.filter(({ ends }) => ends.some(({ peer }) => peer === middle))) ends[0].abort(new Error('gone'))
      }
    }
    const repaired = events.find(({ kind }) => kind === 'repaired')
    assert.ok(repaired?.kind === 'repaired')
    const hops = hopsOf(events)
    assert.deepEqual(hops?.map(({ peerId }) => peerId), repaired.route.map(({ peerId }) => peerId))
    assert.ok(!hops.some(({ peerId }) => repaired.lost.some((lost) => lost.peerId === peerId)))
  })

  it('is not waited for where a stage has fallen silent: the answer ends without its numbers', async () => {
    const clock = virtualClock()
    const stats = hopStats({ stages: 2, clock, sinceMs: 0 })
    stats.able(0)
    stats.able(1)
    const asked: number[] = []
    const told = stats.ask(1, (index, frame) => {
      assert.equal(readHeader(frame).type, RingType.stats)
      asked.push(index)
    })
    stats.heard(0, Stats.encode({ all: WORK }))
    await clock.advance(STATS_MS)
    assert.deepEqual([asked, (await told).map((work) => work?.laps)], [[0, 1], [3, undefined]])
  })

  it('is asked of nobody who does not know the question, and takes no time then', async () => {
    const stats = hopStats({ stages: 2, clock: virtualClock(), sinceMs: 0 })
    assert.deepEqual(await stats.ask(1, () => { assert.fail('nobody is to be asked') }), [undefined, undefined])
  })

  it('ends with the session, whoever still owes an answer', async () => {
    const stats = hopStats({ stages: 1, clock: virtualClock(), sinceMs: 0 })
    stats.able(0)
    const told = stats.ask(1, () => { /* and never hears of it */ })
    stats.end()
    assert.deepEqual(await told, [undefined])
  })

  for (const [what, work] of Object.entries({
    'a time that is no number': { computeMs: NaN },
    'a time without end': { queueMs: Infinity },
    'a negative time': { sendMs: -1 },
    'more work than the session is old': { computeMs: 5000 },
    'longer waits than all frames together can have had': { queueMs: 1e9 },
    'more frames than rows': { laps: 8 },
    'more bytes than can be counted': { bytesSent: 2n ** 60n }
  })) {
    it(`refuses ${what}`, () => {
      assert.ok(soundWork(Stats.encode({ all: WORK }), 1000) !== undefined)
      assert.equal(soundWork(Stats.encode({ all: { ...WORK, ...work } }), 1000), undefined)
    })
  }

  it('leaves out a part that is larger than the whole', () => {
    const sound = soundWork(Stats.encode({ all: WORK, prefill: { ...WORK, rows: 20 } }), 1000)
    assert.ok(sound !== undefined && sound.prefill === undefined)
  })

  it('never takes more than a session can have, from whatever bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const work = soundWork(payloadOf(encodeFrame({ type: RingType.stats }, bytes)), 1000)
      if (work !== undefined) assert.ok(work.computeMs >= 0 && work.sendMs >= 0 && work.computeMs + work.sendMs <= 1000 && work.bytesSent >= 0 && work.queueMs >= 0)
    }))
    const numbers = fc.record({ laps: fc.nat(), rows: fc.nat(), queueMs: fc.double(), computeMs: fc.double(), sendMs: fc.double(), bytesSent: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) })
    fc.assert(fc.property(numbers, (all) => {
      const work = soundWork(Stats.encode({ all }), 1000)
      if (work !== undefined) assert.ok(Object.values(work).every((value) => typeof value !== 'number' || (Number.isFinite(value) && value >= 0)))
    }))
  })
})

function routeOf (events: readonly GenerateEvent[]): string[] {
  const [started] = events
  return started?.kind === 'started' ? started.route.map(({ peerId }) => peerId) : []
}
