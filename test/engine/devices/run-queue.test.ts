import assert from 'node:assert/strict'
import { queryObjects } from 'node:v8'
import fc from 'fast-check'
import { runQueue } from '../../../src/engine/devices/run-queue.ts'

describe('a run queue', () => {
  it('runs one task at a time, in order, whatever fails or is given up', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('done', 'failed', 'aborted'), { maxLength: 12 }), async (kinds) => {
      const queue = runQueue()
      const ran: number[] = []
      let running = 0
      const results = await Promise.allSettled(kinds.map((kind, i) => {
        const controller = new AbortController()
        const result = queue.run(async () => {
          assert.equal(++running, 1)
          await new Promise((resolve) => { setImmediate(resolve) })
          running--
          ran.push(i)
          if (kind === 'failed') throw new Error('failed')
          return i
        }, { signal: controller.signal })
        if (kind === 'aborted') controller.abort(new Error('aborted'))
        return result
      }))
      const outcomes = results.map((result) => result.status === 'fulfilled' ? 'done' : (result.reason as Error).message)
      assert.deepEqual(outcomes, kinds)
      assert.deepEqual(ran, [...kinds.keys()].filter((i) => kinds[i] !== 'aborted'))
    }), { numRuns: 50 })
  })

  it('keeps a later task waiting for the running one, when one between them is aborted', async () => {
    const queue = runQueue()
    const first = Promise.withResolvers<undefined>()
    const order: string[] = []
    const running = queue.run(async () => {
      await first.promise
      order.push('first')
    })
    const controller = new AbortController()
    const between = queue.run(() => Promise.resolve(), { signal: controller.signal })
    const last = queue.run(() => Promise.resolve(order.push('last')))
    controller.abort(new Error('given up'))
    await assert.rejects(between, /given up/)
    first.resolve(undefined)
    await Promise.all([running, last])
    assert.deepEqual(order, ['first', 'last'])
  })

  it('keeps nothing of the tasks that it ran', async () => {
    const queue = runQueue()
    const run = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await queue.run(() => Promise.resolve())
    }
    await run(10)
    const before = queryObjects(Array, { format: 'count' })
    await run(1000)
    const kept = queryObjects(Array, { format: 'count' }) - before
    assert.ok(kept < 100, `${kept} arrays are kept after 1000 tasks`)
  })
})
