import assert from 'node:assert/strict'
import { tally } from '../../../src/pipeline/stage/tally.ts'

describe('tally', () => {
  it('adds up frames, and those of several rows apart', () => {
    const counted = tally()
    counted.lap(5, 1, 10)
    counted.sent(5, 2)
    counted.bytes(5, 100)
    counted.lap(1, 0.5, 3)
    counted.sent(1, 0.25)
    counted.bytes(1, 20)
    assert.deepEqual(counted.all, { laps: 2, rows: 6, queueMs: 1.5, computeMs: 13, sendMs: 2.25, bytesSent: 120 })
    assert.deepEqual(counted.prefill, { laps: 1, rows: 5, queueMs: 1, computeMs: 10, sendMs: 2, bytesSent: 100 })
  })
})
