import assert from 'node:assert/strict'
import fc from 'fast-check'
import { delayQueue } from '../../../scripts/bench/delay-queue.ts'

describe('delayQueue', () => {
  it('lets each piece out after the delay, however many are under way', () => {
    const queue = delayQueue<string>(() => 10)
    queue.push('a', 0)
    queue.push('b', 1)
    assert.equal(queue.next(), 10)
    assert.deepEqual(queue.due(9.9), [])
    assert.deepEqual(queue.due(10), ['a'])
    assert.equal(queue.next(), 11)
    assert.deepEqual(queue.due(30), ['b'])
    assert.equal(queue.next(), undefined)
  })

  it('keeps the order, loses nothing and is never early, also while the delay changes', () => {
    const pushes = fc.array(fc.record({ wait: fc.nat(20), delay: fc.nat(50) }), { maxLength: 40 })
    fc.assert(fc.property(pushes, (steps) => {
      let delay = 0
      let now = 0
      const queue = delayQueue<{ index: number, notBefore: number }>(() => delay)
      const out: number[] = []
      const take = (): void => {
        for (const { index, notBefore } of queue.due(now)) {
          assert.ok(now >= notBefore)
          out.push(index)
        }
      }
      for (const [index, step] of steps.entries()) {
        now += step.wait
        delay = step.delay
        take()
        queue.push({ index, notBefore: now + delay }, now)
      }
      for (let next = queue.next(); next != null; next = queue.next()) {
        now = Math.max(now, next)
        take()
      }
      assert.deepEqual(out, steps.map((_, index) => index))
      assert.equal(queue.length, 0)
    }))
  })
})
