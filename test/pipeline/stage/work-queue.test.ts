import assert from 'node:assert/strict'
import { workQueue, type WorkQueue } from '../../../src/pipeline/stage/work-queue.ts'
import { settle } from '../support/virtual-clock.ts'
import type { Job } from '../../../src/pipeline/stage/job.ts'

const MiB = 1024 * 1024

const job = (payloadBytes: number): Job => ({ header: { lap: 1, position: 0, rows: 1, score: 0 }, input: new Uint8Array(payloadBytes), from: 'p' })

/** Pushes until the queue takes no more, or `most` wait. */
function fill (queue: WorkQueue, one: Job, most: number): number {
  for (let count = 0; count < most; count++) {
    try {
      queue.push(one)
    } catch (error) {
      assert.equal(error instanceof Error ? error.name : '', 'MalformedError')
      return count
    }
  }
  return most
}

describe('workQueue', () => {
  for (const [name, payloadBytes, held, most] of [['large rows', MiB, 7, 63], ['one id each', 4, 16_256, 130_055]] as const) {
    it(`holds senders back at 8 MiB of jobs of ${name}, takes 64 MiB, and goes on when they are done`, async () => {
      const holds: Array<[waiting: number, wanted: boolean]> = []
      let waiting = 0
      const queue = workQueue({ now: () => 0 }, { run: () => Promise.resolve(), failed () { assert.fail() }, hold (wanted) { holds.push([waiting, wanted]) } })
      const one = job(payloadBytes)
      for (; holds.length === 0; waiting++) queue.push(one)
      assert.deepEqual(holds, [[held, true]])
      assert.equal(waiting + fill(queue, one, 1_000_000), most)
      queue.open()
      for (let turn = 0; turn < 1000 && queue.state !== 'idle'; turn++) await settle()
      assert.equal(holds.at(-1)?.[1], false)
      queue.shut()
      assert.equal(fill(queue, one, 1_000_000), most)
    })
  }

  it('keeps no chunk of the network for a small frame in it that waits, and copies nothing else', async () => {
    const chunk = Buffer.alloc(64 * 1024, 7)
    const small = { ...job(0), input: chunk.subarray(24, 24 + 2048) }
    const filling = { ...job(0), input: chunk.subarray(24) }
    const ran: Array<Job['input']> = []
    const queue = workQueue({ now: () => 0 }, {
      run ({ input }) {
        ran.push(input)
        return settle()
      },
      failed () { assert.fail() },
      hold () { assert.fail() }
    })
    queue.open()
    for (const one of [small, small, filling]) queue.push(one)
    for (let turn = 0; turn < 10 && queue.state !== 'idle'; turn++) await settle()
    assert.deepEqual(ran.map(({ byteLength, buffer }) => [byteLength, buffer.byteLength]), [[2048, chunk.byteLength], [2048, 2048], [chunk.byteLength - 24, chunk.byteLength]])
    assert.deepEqual(ran.map((input) => input[0]), [7, 7, 7])
  })
})
