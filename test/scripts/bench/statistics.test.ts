import assert from 'node:assert/strict'
import fc from 'fast-check'
import { median, pairedRatio, quantile, summary } from '../../../scripts/bench/statistics.ts'

const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 })

describe('statistics of the benchmarks', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 3]), 2.5)
  })

  it('takes quantiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    assert.deepEqual([0, 0.01, 0.5, 0.99, 1].map((q) => quantile(hundred, q)), [1, 1, 50, 99, 100])
  })

  it('keeps the median between the lowest and the highest', () => {
    fc.assert(fc.property(values, (all) => {
      const { median: middle, low, high, count } = summary(all)
      assert.ok(low <= middle && middle <= high)
      assert.equal(count, all.length)
    }))
  })

  it('cancels what slows a whole round down', () => {
    fc.assert(fc.property(values, fc.double({ min: 0.1, max: 10, noNaN: true }), (rounds, ratio) => {
      assert.ok(Math.abs(pairedRatio(rounds.map((value) => value * ratio), rounds) / ratio - 1) < 1e-9)
    }))
  })
})
