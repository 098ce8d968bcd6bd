import assert from 'node:assert/strict'
import { aggregateTokensPerSecond, firstTokenMs, tokensPerSecond, type Run } from '../../../scripts/bench/run.ts'

/** A token every `everyMs` from `firstAt` on. */
const steady = (firstAt: number, everyMs: number, tokens: number): Run =>
  ({ startedAt: 0, arrivals: Array.from({ length: tokens }, (_, index) => firstAt + index * everyMs), tokens, cached: 0 })

describe('runs of the benchmarks', () => {
  it('leaves the first token, which is the prompt\'s, out of the speed', () => {
    assert.equal(tokensPerSecond(steady(5000, 10, 11)), 100)
    assert.equal(firstTokenMs(steady(5000, 10, 11)), 5000)
  })

  it('counts tokens that came together with the next one', () => {
    assert.equal(tokensPerSecond({ startedAt: 0, arrivals: [0, 20, 40], tokens: 5, cached: 0 }), 100)
  })

  it('adds up what runs at once', () => {
    assert.equal(aggregateTokensPerSecond([steady(0, 10, 101), steady(0, 20, 51)]), 150)
  })

  it('looks only at the time in which all were at work', () => {
    // while the second has not begun, or is done, the first is twice as fast
    const early = Array.from({ length: 100 }, (_, index) => index * 5)
    const both = Array.from({ length: 51 }, (_, index) => 500 + index * 10)
    const late = Array.from({ length: 100 }, (_, index) => 1005 + index * 5)
    const first: Run = { startedAt: 0, arrivals: [...early, ...both, ...late], tokens: 251, cached: 0 }
    assert.equal(aggregateTokensPerSecond([first, steady(500, 10, 51)]), 200)
  })

  it('refuses answers that were never at work all at once', () => {
    assert.throws(() => aggregateTokensPerSecond([steady(0, 10, 5), steady(100, 10, 5)]), /never at work all at once/)
  })
})
