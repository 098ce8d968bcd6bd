import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expNegative } from '../../../src/pipeline/sampler/exp.ts'
import { randomAt } from '../../../src/pipeline/sampler/random.ts'
import { sampler } from '../../../src/pipeline/sampler/index.ts'
import type { SamplingOptions } from '../../../src/pipeline/index.ts'

const plain: SamplingOptions = {
  temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map(), seed: 7n
}
const make = (sampling: Partial<SamplingOptions>, promptIds: number[] = [], generated: number[] = []) =>
  sampler({ sampling: { ...plain, ...sampling }, promptIds, generated })

const logitsOf = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 200 }).map((values) => Float32Array.from(values))

/** The slow, obvious way: sort everything. */
function kept (logits: Float32Array, { temperature, topK, topP, minP }: SamplingOptions): Map<number, number> {
  const sorted = Array.from(logits, (logit, id) => ({ logit, id })).sort((a, b) => b.logit - a.logit || a.id - b.id)
  const weighed = sorted.map(({ logit, id }) => ({ id, weight: Math.exp((logit - (sorted[0]?.logit ?? 0)) / temperature) }))
  const top = topK > 0 ? weighed.slice(0, topK) : weighed
  const mass = top.reduce((sum, { weight }) => sum + weight, 0)
  const nucleus = []
  let sum = 0
  for (const each of top) {
    if (topP < 1 && nucleus.length > 0 && sum >= topP * mass) break
    nucleus.push(each)
    sum += each.weight
  }
  const left = nucleus.filter(({ weight }, index) => index === 0 || weight >= minP)
  const total = left.reduce((all, { weight }) => all + weight, 0)
  return new Map(left.map(({ id, weight }) => [id, weight / total]))
}

describe('sampler', () => {
  it('takes the lowest id of the largest logit at temperature 0', () => {
    assert.equal(make({ temperature: 0 }).sample(Float32Array.of(1, 5, 5, 2), 3).id, 1)
  })

  it('only ever takes what top-k, top-p and min-p leave, as sorting everything would find it', () => {
    fc.assert(fc.property(
      logitsOf, fc.double({ min: 0.1, max: 3, noNaN: true }), fc.nat(30), fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 0.9, noNaN: true }), fc.nat(1000),
      (logits, temperature, topK, topP, minP, position) => {
        const sampling = { ...plain, temperature, topK, topP, minP }
        const { id } = make(sampling).sample(logits, position)
        assert.ok(kept(logits, sampling).has(id), `${id}`)
      }), { numRuns: 300 })
  })

  it('draws with the probabilities that are left', () => {
    const logits = Float32Array.of(2, 1, 0, -1, 1.5, -3)
    for (const sampling of [plain, { ...plain, topK: 3 }, { ...plain, topP: 0.8 }, { ...plain, minP: 0.2, temperature: 1.5 }, { ...plain, topK: 4, topP: 0.9, temperature: 0.7 }]) {
      const expected = kept(logits, sampling)
      const seen = new Map<number, number>()
      const draws = 20_000
      const drawer = make(sampling)
      for (let position = 0; position < draws; position++) {
        const { id } = drawer.sample(logits, position)
        seen.set(id, (seen.get(id) ?? 0) + 1 / draws)
      }
      for (const [id, probability] of expected) {
        assert.ok(Math.abs((seen.get(id) ?? 0) - probability) < 0.015, `id ${id}: ${seen.get(id) ?? 0} for ${probability}`)
      }
      assert.ok([...seen.keys()].every((id) => expected.has(id)))
    }
  })

  it('makes the same choice again from the same seed, position and ids, and others from other seeds', () => {
    const logits = Float32Array.from({ length: 500 }, (_, id) => Math.sin(id))
    const run = (seed: bigint): number[] => {
      const drawer = make({ seed, repetitionPenalty: 1.2 }, [1, 2])
      return Array.from({ length: 30 }, (_, position) => drawer.sample(logits, position).id)
    }
    assert.deepEqual(run(1n), run(1n))
    assert.notDeepEqual(run(1n), run(2n))
    const first = run(9n)
    const resumed = make({ seed: 9n, repetitionPenalty: 1.2 }, [1, 2], first.slice(0, 10))
    assert.deepEqual(Array.from({ length: 20 }, (_, index) => resumed.sample(logits, 10 + index).id), first.slice(10))
  })

  it('spreads its random numbers evenly over [0, 1), for seeds and positions alike', () => {
    for (const at of [(n: number) => randomAt(5n, n), (n: number) => randomAt(BigInt(n), 5)]) {
      const buckets = new Array<number>(20).fill(0)
      for (let n = 0; n < 20_000; n++) {
        const value = at(n)
        assert.ok(value >= 0 && value < 1)
        const bucket = Math.floor(value * 20)
        buckets[bucket] = (buckets[bucket] ?? 0) + 1
      }
      // chi-square, 19 degrees of freedom: above 50 once in 10,000 times
      assert.ok(buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0) < 50)
    }
  })

  it('knows the exponential function of what is not above zero', () => {
    fc.assert(fc.property(fc.double({ min: -86.9, max: 0, noNaN: true }), (x) => {
      assert.ok(Math.abs(expNegative(x) / Math.exp(x) - 1) < 1e-11, `${x}`)
    }), { numRuns: 2000 })
    assert.deepEqual([expNegative(0), expNegative(-0), expNegative(-1000), expNegative(-Infinity), expNegative(NaN)], [1, 1, 0, 0, NaN])
  })

  it('has the documented random numbers', () => {
    assert.deepEqual([randomAt(0n, 0), randomAt(0n, 1), randomAt(1n, 0), randomAt(2n ** 64n - 1n, 123_456)].map((value) => value.toFixed(12)), RANDOM)
  })

  it('penalises what was there: repetition in prompt and answer, presence and frequency in the answer', () => {
    const logits = Float32Array.of(4, 3.5, 3, -1)
    const choice = (sampling: Partial<SamplingOptions>, prompt: number[], generated: number[]): number =>
      make({ temperature: 0, ...sampling }, prompt, generated).sample(logits, 0).id
    assert.equal(choice({ repetitionPenalty: 1.2 }, [0], []), 1)
    assert.equal(choice({ repetitionPenalty: 1.2 }, [0], [1]), 0)
    assert.equal(choice({ repetitionPenalty: 2 }, [0], [1, 1]), 2)
    assert.equal(choice({ presencePenalty: 0.6 }, [0], []), 0)
    assert.equal(choice({ presencePenalty: 0.6 }, [], [0, 0]), 1)
    assert.equal(choice({ frequencyPenalty: 0.6 }, [], [0, 0, 1]), 2)
    assert.equal(choice({ logitBias: new Map([[3, 100]]) }, [], []), 3)
    assert.equal(choice({ logitBias: new Map([[0, -100]]) }, [], []), 1)
  })

  it('forgets what was taken back', () => {
    const logits = Float32Array.of(4, 3.5, 3, -1)
    const drawer = make({ temperature: 0, frequencyPenalty: 2 })
    assert.deepEqual([drawer.sample(logits, 0).id, drawer.sample(logits, 1).id, drawer.sample(logits, 2).id], [0, 1, 2])
    drawer.truncate(1)
    assert.equal(drawer.sample(logits, 1).id, 1)
  })

  it("reports the model's own log probabilities, whatever bias, penalties and temperature do", () => {
    const logits = Float32Array.of(1, 2, 3, 4)
    const total = Math.log([1, 2, 3, 4].reduce((sum, logit) => sum + Math.exp(logit), 0))
    const choice = make({ temperature: 0, logprobs: 2, logitBias: new Map([[0, 50]]) }).sample(logits, 0)
    assert.equal(choice.id, 0)
    assert.ok(Math.abs((choice.logprob ?? 0) - (1 - total)) < 1e-6)
    assert.deepEqual(choice.top?.map(({ id }) => id), [3, 2])
    const scored = make({ logprobs: 0 }).score(logits, 2)
    assert.ok(Math.abs((scored.logprob ?? 0) - (3 - total)) < 1e-6)
    assert.deepEqual(scored.top, [])
  })

  it('finds the same alternatives as a sort, in the same order', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 100 }), fc.integer({ min: 0, max: 20 }), (values, count) => {
      const top = make({ logprobs: count }).score(Float32Array.from(values), 0).top ?? []
      const sorted = values.map((value, id) => ({ value, id })).sort((a, b) => b.value - a.value || a.id - b.id)
      assert.deepEqual(top.map(({ id }) => id), sorted.slice(0, count).map(({ id }) => id))
    }))
  })

  it('refuses logits that are not numbers', () => {
    for (const bad of [Float32Array.of(NaN, NaN), Float32Array.of(1, Infinity), Float32Array.of(-Infinity)]) {
      assert.throws(() => make({}).sample(bad, 0), { name: 'LogitsError' })
    }
    assert.throws(() => make({}).sample(Float32Array.of(1, NaN), 0), { name: 'LogitsError' })
  })
})

/** Also in protocols/ring/README.md. */
const RANDOM = ['0.652448486374', '0.701212109522', '0.368189515652', '0.322483778989']
