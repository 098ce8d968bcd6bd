import assert from 'node:assert/strict'
import fc from 'fast-check'
import { embeddingTail } from '../../../src/pipeline/stage/embedding-tail.ts'
import type { TailPlan } from '../../../src/pipeline/stage/stage-plan.ts'

const HIDDEN = 3
const POSITIONS = 20
/** Behind those of frames that are sent again. */
const LAP = POSITIONS + 1

const plan = (promptTokens: number, embed: 'mean' | 'last'): TailPlan => ({
  promptTokens, embed, maxTokens: 0, stopIds: new Set(), promptIds: new Uint32Array(0), scorePrompt: false,
  sampling: { temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map(), seed: 0n }
})

const row = (values: Float32Array, position: number): number[] => Array.from(values.subarray(position * HIDDEN, (position + 1) * HIDDEN))

describe('a tail that embeds', () => {
  it('gives the same bits however the prompt is cut: the mean of all rows, or the last one', () => {
    const numbersOf = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: HIDDEN, maxLength: HIDDEN * POSITIONS })
    fc.assert(fc.property(numbersOf, fc.array(fc.integer({ min: 1, max: POSITIONS }), { maxLength: 6 }), (numbers, cuts) => {
      const tokens = Math.floor(numbers.length / HIDDEN)
      const hidden = Float32Array.from(numbers.slice(0, tokens * HIDDEN))
      const sumOf = (column: number): number => Array.from({ length: tokens }, (_, position) => row(hidden, position)[column] ?? NaN).reduce((sum, value) => sum + value, 0)
      const mean = Float32Array.from({ length: HIDDEN }, (_, column) => sumOf(column) / tokens)
      const borders = [...new Set([0, ...cuts.filter((cut) => cut < tokens), tokens])].sort((a, b) => a - b)
      for (const [embed, expected] of [['mean', mean], ['last', Float32Array.from(row(hidden, tokens - 1))]] as const) {
        const end = embeddingTail(plan(tokens, embed), HIDDEN, POSITIONS)
        const outcomes = borders.slice(1).map((to, index) => {
          const position = borders[index] ?? 0
          const score = embed === 'mean' ? to - position : to === tokens ? 1 : 0
          const frame = { lap: LAP + index, position, rows: to - position, score }
          end.check(frame)
          return end.take(frame, hidden.subarray((to - score) * HIDDEN, to * HIDDEN))
        })
        assert.deepEqual(outcomes.map(({ finish }) => finish), borders.slice(1).map((to) => to === tokens ? 'stop' : 'none'))
        const last = outcomes.at(-1)
        assert.deepEqual([last?.embedding, last?.position, last?.token], [expected, tokens, undefined])
      }
    }))
  })

  it('begins its sum anew when it goes on', () => {
    const end = embeddingTail(plan(2, 'mean'), HIDDEN, POSITIONS)
    end.take({ lap: LAP, position: 0, rows: 1, score: 1 }, Float32Array.of(1e9, 1e9, 1e9))
    end.resume(1, [])
    const whole = { lap: LAP, position: 0, rows: 2, score: 2 }
    end.check(whole)
    assert.deepEqual(end.take(whole, Float32Array.of(1, 2, 3, 3, 4, 5)).embedding, Float32Array.of(2, 3, 4))
  })

  it('keeps nothing of the engine\'s memory', () => {
    const hidden = Float32Array.of(1, 2, 3)
    const { embedding } = embeddingTail(plan(1, 'last'), HIDDEN, POSITIONS).take({ lap: LAP, position: 0, rows: 1, score: 1 }, hidden)
    hidden.fill(NaN)
    assert.deepEqual(embedding, Float32Array.of(1, 2, 3))
  })

  it('makes nothing of frames that are sent again, and no mean without them', () => {
    const again = { lap: 1, position: 0, rows: 4, score: 0 }
    for (const embed of ['mean', 'last'] as const) {
      const end = embeddingTail(plan(4, embed), HIDDEN, POSITIONS)
      end.check(again)
      const { finish, embedding } = end.take(again, new Float32Array(0))
      assert.deepEqual([finish, embedding], ['none', undefined])
      const rest = { lap: LAP, position: 2, rows: 2, score: embed === 'mean' ? 2 : 1 }
      if (embed === 'last') end.check(rest)
      else assert.throws(() => { end.check(rest) }, { name: 'MalformedError' })
    }
  })

  for (const [what, embed, frame] of [
    ['fewer rows than there are', 'mean', { lap: LAP, position: 0, rows: 3, score: 2 }],
    ['rows that are not pooled', 'last', { lap: LAP, position: 0, rows: 2, score: 2 }],
    ['rows behind the prompt', 'last', { lap: LAP, position: 3, rows: 2, score: 1 }],
    ['a place that is not the next', 'mean', { lap: LAP, position: 1, rows: 2, score: 2 }],
    ['rows that were sent before, as if they were new', 'last', { lap: 1, position: 2, rows: 2, score: 1 }]
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => { embeddingTail(plan(4, embed), HIDDEN, POSITIONS).check(frame) }, { name: 'MalformedError' })
    })
  }

  it('tells of nothing that is not finite', () => {
    for (const embed of ['mean', 'last'] as const) {
      assert.throws(() => { embeddingTail(plan(1, embed), HIDDEN, POSITIONS).take({ lap: LAP, position: 0, rows: 1, score: 1 }, Float32Array.of(1, NaN, 1)) }, { name: 'NonFiniteError' })
    }
  })
})
