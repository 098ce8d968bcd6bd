import assert from 'node:assert/strict'
import fc from 'fast-check'
import { feeds, resumePlan, type StageHolding } from '../../../src/pipeline/coordinator/resume-plan.ts'

const MAX = 40
const holding = fc.tuple(fc.nat(MAX), fc.nat(MAX), fc.nat(MAX)).map(([have, a, b]): StageHolding =>
  ({ have, from: Math.min(a, b, have), to: Math.min(Math.max(a, b), have) }))
const session = fc.record({
  stages: fc.array(holding, { minLength: 1, maxLength: 5 }),
  promptTokens: fc.integer({ min: 1, max: 20 }),
  generated: fc.nat(15),
  scored: fc.option(fc.nat(18), { nil: undefined })
}).map(({ generated, scored, promptTokens, ...rest }) =>
  ({ ...rest, promptTokens, generated, scored: generated > 0 || scored === undefined ? undefined : Math.max(0, Math.min(scored, promptTokens - 2)) }))

describe('resumePlan', () => {
  it('gives every stage an input that it can take, and that the one before it has or computes', () => {
    fc.assert(fc.property(session, (init) => {
      const { stages, at, start } = resumePlan(init)
      assert.equal(start, stages[0]?.until)
      for (const [index, { from, until }] of stages.entries()) {
        const { have, from: first, to } = init.stages[index] ?? { have: 0, from: 0, to: 0 }
        assert.ok(until <= have && until <= at, 'no stage is asked to go on behind what it has')
        const next = stages[index + 1]
        if (next === undefined) continue
        assert.equal(from, next.until, 'what is sent begins where the next one goes on')
        if (until > next.until) assert.ok(first <= next.until && until <= to, 'what it does not compute anew is in its buffer')
      }
    }))
  })

  it('computes nothing anew in a stage whose buffer has what the next one lacks', () => {
    const whole = { have: 30, from: 0, to: 30 }
    const { stages, start, at } = resumePlan({ stages: [whole, { have: 0, from: 0, to: 0 }, whole], promptTokens: 10, generated: 21 })
    assert.deepEqual([start, at, stages], [30, 30, [{ from: 0, until: 30 }, { from: 30, until: 0 }, { from: 31, until: 30 }]])
  })

  it('goes back to the ids where a buffer has forgotten its beginning', () => {
    const { start, stages } = resumePlan({ stages: [{ have: 30, from: 12, to: 30 }, { have: 0, from: 0, to: 0 }], promptTokens: 10, generated: 21 })
    assert.deepEqual([start, stages], [0, [{ from: 0, until: 0 }, { from: 31, until: 0 }]])
  })
})

describe('feeds', () => {
  it('hand over every position once and in order, generated ones alone, and no row of a prompt alone', () => {
    fc.assert(fc.property(session, fc.integer({ min: 2, max: 9 }), (init, rows) => {
      const plan = resumePlan(init)
      const promptIds = Array.from({ length: init.promptTokens }, (_, id) => id)
      const generatedIds = Array.from({ length: init.generated }, (_, id) => 100 + id)
      const fed = feeds({ plan, promptIds, generatedIds, scorePrompt: init.scored !== undefined, chooses: true, rows })
      let position = plan.start
      for (const { from, ids, score } of fed) {
        assert.equal(from, position)
        assert.deepEqual(ids, [...promptIds, ...generatedIds].slice(from, from + ids.length))
        if (from >= init.promptTokens) assert.equal(ids.length, 1)
        else if (init.promptTokens > 1) assert.ok(ids.length >= 2, `${from}: ${ids.length}`)
        position += ids.length
        const isLast = position === init.promptTokens + init.generated
        if (init.scored === undefined) assert.equal(score, isLast ? 1 : 0)
        else assert.equal(score, from >= plan.at ? ids.length : 0)
      }
      assert.equal(position, init.promptTokens + init.generated)
    }))
  })
})
