import { expNegative } from './exp.ts'
import { randomAt } from './random.ts'
import { selector } from './select.ts'
import type { SamplingOptions, TokenScore } from '../types.ts'

export interface SamplerInit {
  readonly sampling: SamplingOptions
  /** The prompt's ids, for the repetition penalty; may be empty where that is off. */
  readonly promptIds: ArrayLike<number>
  /** Ids generated so far, when a session goes on. @default none */
  readonly generated?: readonly number[]
}

/** A token with what was asked to be reported of it, from the model's own distribution: before bias, penalties and temperature. */
export interface Choice {
  readonly id: number
  readonly logprob?: number
  readonly top?: readonly TokenScore[]
}

/**
 * Chooses tokens. Its state is the options and the ids; the random number of a position is a function of the seed.
 *
 * Order: what is not allowed is out, whatever follows; logit bias; repetition penalty (ids of prompt and answer: a positive logit is divided by it, a negative one
 * multiplied); presence and frequency penalty (ids of the answer); temperature; top-k; top-p; min-p; draw.
 */
export interface Sampler {
  /** Chooses the token at `position` from the logits of the one before it, and remembers it. `allowed`: one bit a token, the lowest first, of which one is set at least. */
  sample (logits: Float32Array, position: number, allowed?: Uint32Array): Choice
  /** Reports a token that was already chosen. */
  score (logits: Float32Array, id: number): Choice
  /** Forgets all generated ids but the first `count`. */
  truncate (count: number): void
}

/** Logits with a value that isn't a number, or none above minus infinity: the model or its weights are broken. */
export class LogitsError extends Error {
  override name = 'LogitsError'

  constructor () {
    super('the logits are not finite: the weights or the run are broken')
  }
}

export function sampler ({ sampling, promptIds, generated = [] }: SamplerInit): Sampler {
  const { temperature, topP, topK, minP, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias, seed } = sampling
  const inPrompt = new Set<number>(repetitionPenalty === 1 ? [] : Array.from(promptIds))
  const ids: number[] = []
  const counts = new Map<number, number>()
  const select = selector()
  const adjusts = logitBias.size > 0 || repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0
  let scratch = new Float32Array(0)

  const remember = (id: number): void => {
    ids.push(id)
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  for (const id of generated) remember(id)

  function adjusted (logits: Float32Array, allowed: Uint32Array | undefined): Float32Array {
    if (scratch.length !== logits.length) scratch = new Float32Array(logits.length)
    const values = scratch
    values.set(logits)
    if (allowed !== undefined) forbid(values, allowed)
    const change = (id: number, by: (logit: number) => number): void => {
      const logit = values[id]
      if (logit !== undefined) values[id] = by(logit)
    }
    for (const [id, bias] of logitBias) change(id, (logit) => logit + bias)
    if (repetitionPenalty !== 1) {
      const penalise = (logit: number): number => logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty
      for (const id of inPrompt) change(id, penalise)
      for (const id of counts.keys()) if (!inPrompt.has(id)) change(id, penalise)
    }
    if (presencePenalty !== 0 || frequencyPenalty !== 0) {
      for (const [id, count] of counts) change(id, (logit) => logit - presencePenalty - frequencyPenalty * count)
    }
    return values
  }

  function choose (logits: Float32Array, position: number): number {
    const best = argmax(logits)
    if (temperature === 0) return best
    const max = logits[best] ?? 0
    const weight = (id: number): number => expNegative(((logits[id] ?? 0) - max) / temperature)
    const draw = randomAt(seed, position)

    if (topK === 0 && topP >= 1 && minP === 0) {
      let rest = draw * totalWeight(logits, max, temperature)
      let last = best
      for (let id = 0; id < logits.length; id++) {
        const own = weight(id)
        if (own === 0) continue
        last = id
        rest -= own
        if (rest < 0) break
      }
      return last
    }

    const kept = candidates(logits, max, weight)
    let total = 0
    let count = 0
    for (const id of kept) {
      const own = weight(id)
      // nothing that is not allowed is drawn by a sum that was rounded
      if (count > 0 && (own < minP || own === 0)) break
      total += own
      count++
    }
    let rest = draw * total
    for (const id of kept.subarray(0, count)) {
      rest -= weight(id)
      if (rest < 0) return id
    }
    return kept[count - 1] ?? best
  }

  /** Best first: what top-k and top-p leave. */
  function candidates (logits: Float32Array, max: number, weight: (id: number) => number): Uint32Array {
    if (topK > 0) {
      const top = select.top(logits, topK)
      if (topP >= 1) return top
      let mass = 0
      for (const id of top) mass += weight(id)
      let count = 0
      for (let sum = 0; count < top.length && sum < topP * mass; count++) sum += weight(top[count] ?? 0)
      return top.subarray(0, Math.max(1, count))
    }
    if (topP < 1) {
      const mass = totalWeight(logits, max, temperature)
      // All tokens below this weight together have less than the mass that top-p leaves out.
      const least = (1 - topP) * mass / logits.length
      let sum = 0
      return select.above(logits, Math.min(max, max + temperature * Math.log(least)), (id) => (sum += weight(id)) >= topP * mass)
    }
    return select.above(logits, Math.min(max, max + temperature * Math.log(minP)), () => false)
  }

  function report (logits: Float32Array, id: number): Choice {
    const { logprobs } = sampling
    if (logprobs === undefined) return { id }
    const max = logits[argmax(logits)] ?? 0
    const logSum = max + Math.log(totalWeight(logits, max, 1))
    const top = Array.from(select.top(logits, logprobs), (each) => ({ id: each, logprob: (logits[each] ?? 0) - logSum }))
    return { id, logprob: (logits[id] ?? 0) - logSum, top }
  }

  return {
    sample (logits, position, allowed) {
      const id = choose(adjusts || allowed !== undefined ? adjusted(logits, allowed) : logits, position)
      remember(id)
      return report(logits, id)
    },

    score: report,

    truncate (count) {
      if (count >= ids.length) return
      const kept = ids.slice(0, count)
      ids.length = 0
      counts.clear()
      for (const id of kept) remember(id)
    }
  }
}

function forbid (values: Float32Array, allowed: Uint32Array): void {
  for (let word = 0; word << 5 < values.length; word++) {
    const bits = allowed[word] ?? 0
    if (bits === 0) values.fill(-Infinity, word << 5, (word + 1) << 5)
    else if (bits !== 0xffff_ffff) {
      for (let bit = 0; bit < 32; bit++) if (((bits >>> bit) & 1) === 0) values[(word << 5) + bit] = -Infinity
    }
  }
}

/** The lowest id of the largest logit. */
function argmax (logits: Float32Array): number {
  let best = -1
  let max = -Infinity
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? 0
    if (logit > max) {
      max = logit
      best = id
    }
  }
  if (best < 0 || max === Infinity) throw new LogitsError()
  return best
}

/** Σ exp((logit − max) / temperature). */
function totalWeight (logits: Float32Array, max: number, temperature: number): number {
  let total = 0
  for (let id = 0; id < logits.length; id++) total += expNegative(((logits[id] ?? 0) - max) / temperature)
  if (!Number.isFinite(total)) throw new LogitsError()
  return total
}
