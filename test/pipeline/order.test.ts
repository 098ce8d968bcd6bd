import assert from 'node:assert/strict'
import fc from 'fast-check'
import { admitFrame, afterFrame, type OrderState } from '../../src/pipeline/order.ts'

const frames = fc.array(fc.record({ epoch: fc.integer({ min: 1, max: 3 }), lap: fc.integer({ min: 1, max: 12 }), position: fc.nat(20), rows: fc.integer({ min: 1, max: 5 }) }), { maxLength: 60 })
const start: OrderState = { epoch: 2, lap: 0, have: 0 }

describe('admitFrame', () => {
  it('follows the order rules', () => {
    const state: OrderState = { epoch: 2, lap: 7, have: 40 }
    for (const [epoch, lap, position, expected] of [
      [2, 8, 40, 'run'], [2, 8, 12, 'run'], [2, 9, 0, 'run'], [2, 8, 41, 'gap'],
      [2, 7, 40, 'drop'], [2, 7, 41, 'drop'], [2, 3, 0, 'drop'], [1, 99, 0, 'drop'], [3, 1, 0, 'drop']
    ] as const) {
      assert.equal(admitFrame(state, { epoch, lap, position }), expected, `${epoch} ${lap} ${position}`)
    }
  })

  it('never runs a lap twice, never leaves a hole, never leaves its epoch', () => {
    fc.assert(fc.property(frames, (all) => {
      let state = start
      const ran: number[] = []
      for (const frame of all) {
        if (admitFrame(state, frame) !== 'run') continue
        assert.ok(frame.position <= state.have && frame.epoch === 2)
        ran.push(frame.lap)
        state = afterFrame(state, frame, frame.rows)
      }
      assert.equal(new Set(ran).size, ran.length)
      assert.deepEqual(ran, [...ran].sort((a, b) => a - b))
    }))
  })

  it('is indifferent to any frame coming again at any later time', () => {
    fc.assert(fc.property(frames, fc.array(fc.tuple(fc.nat(59), fc.nat(59)), { maxLength: 20 }), (all, repeats) => {
      const noisy = all.flatMap((frame, index) => [frame, ...repeats.filter(([, after]) => after === index).map(([which]) => all[Math.min(which, index)] ?? frame)])
      const end = (list: typeof all): OrderState => list.reduce((state, frame) => admitFrame(state, frame) === 'run' ? afterFrame(state, frame, frame.rows) : state, start)
      // a gap may be filled by a repeat: then more runs, otherwise nothing changes
      const gapless = all.filter((frame, index) => admitFrame(end(all.slice(0, index)), frame) !== 'gap').length === all.length
      fc.pre(gapless)
      assert.deepEqual(end(noisy), end(all))
    }))
  })
})
