import assert from 'node:assert/strict'
import { ANSWER_MS, HEDGE_MS, QUIET_MS, STALL_MS, WORK_MS, ringWatch, type RingWatch, type StageState, type Verdict } from '../../../src/pipeline/coordinator/watch.ts'

type Answers = (stage: number, nowMs: number) => readonly [lap: number, state: StageState] | undefined

/** Lets time pass until the watch has decided. */
function decide (watch: RingWatch, answers: Answers, stages: number, untilMs: number): { readonly verdict: Verdict, readonly nowMs: number } {
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 50) {
    for (let verdict = watch.next(nowMs); verdict.kind !== 'wait'; verdict = watch.next(nowMs)) {
      if (verdict.kind !== 'ask') return { verdict, nowMs }
      watch.asked(nowMs)
      for (let stage = 0; stage < stages; stage++) {
        const answer = answers(stage, nowMs)
        if (answer !== undefined) watch.beat(stage, ...answer, nowMs)
      }
    }
  }
  return { verdict: { kind: 'wait', ms: 0 }, nowMs: untilMs }
}

describe('ringWatch', () => {
  it('asks after a second without a token, and not before', () => {
    const watch = ringWatch(3, 0)
    assert.deepEqual(watch.next(0), { kind: 'wait', ms: QUIET_MS })
    watch.progress(900)
    assert.deepEqual(watch.next(1000), { kind: 'wait', ms: 900 })
    assert.deepEqual(watch.next(1900), { kind: 'ask' })
  })

  it('names the one that does not answer, within 3 s of its last answer', () => {
    for (const silent of [0, 1, 2]) {
      for (const diesMs of [0, 600, 1500, 5000]) {
        const { verdict, nowMs } = decide(ringWatch(3, 0), (stage, now) => stage === silent && now >= diesMs ? undefined : [1, 'computing'], 3, 30_000)
        assert.deepEqual([verdict.kind, verdict.kind === 'fault' ? verdict.stage : -1], ['fault', silent])
        assert.ok(nowMs - diesMs <= 3000, `${nowMs - diesMs}`)
      }
    }
  })

  it('names nobody when all others are silent, unless there is only one', () => {
    assert.equal(decide(ringWatch(3, 0), () => undefined, 3, 5000).verdict.kind, 'network')
    assert.equal(decide(ringWatch(3, 0, { local: new Set([1]) }), (stage) => stage === 1 ? [1, 'sent'] : undefined, 3, 5000).verdict.kind, 'network')
    assert.equal(decide(ringWatch(1, 0), () => undefined, 1, 5000).verdict.kind, 'fault')
    assert.equal(decide(ringWatch(2, 0, { local: new Set([0]) }), (stage) => stage === 0 ? [1, 'sent'] : undefined, 2, 5000).verdict.kind, 'fault')
  })

  it('asks sooner where laps are short', () => {
    const watch = ringWatch(3, 0)
    for (let nowMs = 0; nowMs <= 200; nowMs += 10) watch.progress(nowMs)
    assert.deepEqual(watch.next(200), { kind: 'wait', ms: 3 * 10 + 250 })
  })

  it('leaves a silent stage for its standby before it blames it, unless all are silent', () => {
    const hasStandby = (stage: number): boolean => stage === 2
    const { verdict, nowMs } = decide(ringWatch(3, 0, { hasStandby }), (stage) => stage === 2 ? undefined : [1, 'sent'], 3, 5000)
    assert.deepEqual(verdict, { kind: 'hedge', stage: 2 })
    assert.ok(nowMs <= QUIET_MS + HEDGE_MS + 100, `${nowMs}`)
    assert.equal(decide(ringWatch(3, 0, { hasStandby }), (stage) => stage === 1 ? undefined : [1, 'sent'], 3, 5000).verdict.kind, 'fault')
    assert.equal(decide(ringWatch(3, 0, { hasStandby }), () => undefined, 3, 5000).verdict.kind, 'network')
  })

  it('waits for long work, not for ever', () => {
    const { verdict, nowMs } = decide(ringWatch(3, 0), (stage) => stage === 1 ? [2, 'computing'] : [stage === 0 ? 2 : 1, 'sent'], 3, 200_000)
    assert.ok(verdict.kind === 'fault' && verdict.stage === 1)
    assert.ok(nowMs >= WORK_MS)
  })

  it('names the stage that says it has sent what the next has not had', () => {
    const { verdict, nowMs } = decide(ringWatch(3, 0), (stage) => [stage < 2 ? 7 : 6, 'sent'], 3, 60_000)
    assert.ok(verdict.kind === 'fault' && verdict.stage === 1)
    assert.ok(nowMs >= STALL_MS && nowMs <= STALL_MS + QUIET_MS + ANSWER_MS)
  })
})
