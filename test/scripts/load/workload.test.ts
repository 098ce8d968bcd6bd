import assert from 'node:assert/strict'
import { ROUND_TURNS, kindName, kinds, work } from '../../../scripts/load/workload.ts'

describe('the workload of a load run', () => {
  it('has every combination once', () => {
    assert.equal(new Set(kinds.map(kindName)).size, 8)
  })

  it('gives like clients as much work, with other words', () => {
    for (const kind of kinds) {
      for (let turn = 0; turn < 20; turn++) {
        const [one, other] = [work(kind, 0, turn), work(kind, 8, turn)]
        assert.deepEqual([one.tokens, one.cancelAfter, one.path, one.stream], [other.tokens, other.cancelAfter, other.path, other.stream])
        assert.notDeepEqual(one.body, other.body)
      }
    }
  })

  it('goes away from every fifth answer', () => {
    for (const kind of kinds) {
      const cancelled = Array.from({ length: 20 }, (_, turn) => work(kind, 1, turn).cancelAfter != null)
      assert.deepEqual(cancelled, cancelled.map((_, turn) => turn % 5 === 4))
    }
  })

  it('comes again after a round, with other words', () => {
    const kindOf = (kind: typeof kinds[number], turn: number): unknown => {
      const { tokens, cancelAfter, body } = work(kind, 0, turn)
      return [tokens, cancelAfter, 'messages' in body && Array.isArray(body.messages) ? body.messages.length : 0]
    }
    for (const kind of kinds) {
      for (let turn = 0; turn < ROUND_TURNS; turn++) assert.deepEqual(kindOf(kind, turn), kindOf(kind, turn + ROUND_TURNS))
    }
  })

  it('repeats itself for the same client and turn', () => {
    for (const kind of kinds) assert.deepEqual(work(kind, 3, 7), work(kind, 3, 7))
  })
})
