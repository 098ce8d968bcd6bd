import assert from 'node:assert/strict'
import { absenceWatch, type Times } from '../../src/daemon/absence.ts'

describe('absence', () => {
  /** What the second of two looks says. */
  const after = (second: Times): number => {
    const watch = absenceWatch({ everyMs: 2000, lateMs: 5000 })
    assert.equal(watch.look({ wallMs: 1_000_000, monotonicMs: 100 }), 0)
    return watch.look(second)
  }
  const cases: Array<[string, Times, number]> = [
    ['nothing when both clocks went on by the interval', { wallMs: 1_002_000, monotonicMs: 2100 }, 0],
    ['nothing when a busy machine is late', { wallMs: 1_006_500, monotonicMs: 6600 }, 0],
    ['a sleep in which the monotonic clock stood still', { wallMs: 4_600_000, monotonicMs: 2100 }, 3_598_000],
    ['a stop in which both clocks went on', { wallMs: 1_032_000, monotonicMs: 32_100 }, 30_000],
    ['a wall clock that was set back', { wallMs: 942_000, monotonicMs: 2100 }, 60_000]
  ]
  for (const [name, times, absentMs] of cases) {
    it(`sees ${name}`, () => { assert.equal(after(times), absentMs) })
  }

  it('is over with the next look', () => {
    const watch = absenceWatch({ everyMs: 2000, lateMs: 5000 })
    const looks = [0, 2000, 62_000, 64_000].map((ms) => watch.look({ wallMs: ms, monotonicMs: ms }))
    assert.deepEqual(looks, [0, 0, 58_000, 0])
  })
})
