import assert from 'node:assert/strict'
import { tail } from '../../../src/pipeline/stage/tail.ts'
import type { TailPlan } from '../../../src/pipeline/stage/stage-plan.ts'

const plan: TailPlan = {
  promptTokens: 3, maxTokens: 4, stopIds: new Set([5]), promptIds: Uint32Array.of(1, 2, 3), scorePrompt: false,
  sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 3, logitBias: new Map(), seed: 0n }
}

/** Logits that favour these ids in this order. */
const favour = (...ids: number[]): Float32Array => Float32Array.from({ length: 6 }, (_, id) => ids.includes(id) ? 5 - ids.indexOf(id) : -50)

describe('tail', () => {
  it('says nothing while the prompt lasts, then a token a frame, then the end', () => {
    const end = tail(plan, 6, 0)
    assert.equal(end.take({ lap: 1, position: 0, rows: 2, score: 0 }, new Float32Array(0)).token, undefined)
    const outcomes = [2, 3, 4, 5].map((position) => end.take({ lap: 1, position, rows: 1, score: 1 }, favour(position - 2)))
    assert.deepEqual(outcomes.map(({ token, position, finish }) => [token?.id, position, finish]), [[0, 3, 'none'], [1, 4, 'none'], [2, 5, 'none'], [3, 6, 'length']])
  })

  it('ends the text at an id that stops it, without that id', () => {
    const { token, finish } = tail(plan, 6, 0).take({ lap: 1, position: 0, rows: 3, score: 1 }, favour(5))
    assert.deepEqual([token, finish], [undefined, 'stop'])
  })

  it('takes back what it chose when the ring does: penalties too', () => {
    const end = tail(plan, 6, 0)
    const ids = [2, 3, 2].map((position) => end.take({ lap: 1, position: position === 2 ? 0 : position, rows: position === 2 ? 3 : 1, score: 1 }, favour(0, 1, 2)).token?.id)
    assert.deepEqual(ids, [0, 1, 0])
  })

  it('refuses positions that were never chosen, and several generated rows at once', () => {
    const end = tail(plan, 6, 0)
    assert.throws(() => { end.check({ lap: 1, position: 3, rows: 1, score: 1 }) }, /never chosen/)
    end.take({ lap: 1, position: 0, rows: 3, score: 1 }, favour(0))
    end.check({ lap: 1, position: 3, rows: 1, score: 1 })
    assert.throws(() => { end.check({ lap: 1, position: 3, rows: 2, score: 1 }) }, /one by one/)
    assert.throws(() => { end.check({ lap: 1, position: 2, rows: 2, score: 1 }) }, /one by one/)
  })

  it('scores the rows of a prompt by the tokens behind them', () => {
    const end = tail({ ...plan, scorePrompt: true, maxTokens: 0 }, 6, 0)
    end.check({ lap: 1, position: 0, rows: 2, score: 2 })
    assert.throws(() => { end.check({ lap: 1, position: 0, rows: 2, score: 0 }) }, /logits of 0 rows/)
    const first = end.take({ lap: 1, position: 0, rows: 2, score: 2 }, Float32Array.of(...favour(2), ...favour(3, 0)))
    assert.deepEqual([first.scoredFrom, first.scored.map(({ id }) => id), first.finish], [1, [2, 3], 'none'])
    assert.ok(first.scored.every(({ logprob }) => (logprob ?? -1) > -0.5))
    const last = end.take({ lap: 1, position: 2, rows: 1, score: 1 }, favour(0))
    assert.deepEqual([last.scored, last.token, last.finish], [[], undefined, 'length'])
  })

  for (const [most, positions, maxTokens] of [[4, 20, 4], [3, 5, 4], [0, 20, 0]] as const) {
    it(`goes on behind ${most} ids told of ${positions} positions and ${maxTokens} tokens at most, and takes no more`, () => {
      const end = tail({ ...plan, maxTokens }, 6, positions)
      end.resume(3 + most, new Uint32Array(most))
      assert.throws(() => { end.resume(4 + most, new Uint32Array(most + 1)) }, { name: 'MalformedError' })
    })
  }
})
