import type { SamplingOptions } from '../types.ts'

export const MAX_LOGPROBS = 64
export const MAX_LOGIT_BIASES = 1024

interface Range { readonly least: number, readonly most: number }

const ranges: ReadonlyArray<readonly ['temperature' | 'topP' | 'minP' | 'repetitionPenalty' | 'presencePenalty' | 'frequencyPenalty', Range]> = [
  ['temperature', { least: 0, most: 100 }],
  ['topP', { least: 0, most: 1 }],
  ['minP', { least: 0, most: 1 }],
  ['repetitionPenalty', { least: 0.01, most: 100 }],
  ['presencePenalty', { least: -100, most: 100 }],
  ['frequencyPenalty', { least: -100, most: 100 }]
]

export interface SamplingProblem {
  readonly field: keyof SamplingOptions
  /** That name the value. */
  readonly words: string
}

/** What is wrong with the options; undefined: nothing. */
export function samplingProblem (sampling: SamplingOptions, vocabSize: number): SamplingProblem | undefined {
  for (const [name, { least, most }] of ranges) {
    const value = sampling[name]
    if (!(value >= least && value <= most)) return { field: name, words: `${name} is ${value}, and has to be from ${least} to ${most}` }
  }
  const { topK, logprobs, logitBias, seed } = sampling
  if (!Number.isInteger(topK) || topK < 0 || topK > 0xffff_ffff) return { field: 'topK', words: `topK is ${topK}, and has to be a whole number, 0 for all` }
  if (logprobs !== undefined && !(Number.isInteger(logprobs) && logprobs >= 0 && logprobs <= MAX_LOGPROBS)) {
    return { field: 'logprobs', words: `logprobs is ${logprobs}, and has to be from 0 to ${MAX_LOGPROBS}` }
  }
  if (seed < 0n || seed >= 1n << 64n) return { field: 'seed', words: `seed is ${seed.toString()}, and has to be from 0 to 2^64 - 1` }
  const bias = biasProblem(logitBias, vocabSize)
  return bias === undefined ? undefined : { field: 'logitBias', words: bias }
}

function biasProblem (logitBias: SamplingOptions['logitBias'], vocabSize: number): string | undefined {
  if (logitBias.size > MAX_LOGIT_BIASES) return `there are ${logitBias.size} logit biases, and at most ${MAX_LOGIT_BIASES} are taken`
  for (const [id, bias] of logitBias) {
    if (!Number.isInteger(id) || id < 0 || id >= vocabSize) return `logit bias for token ${id}, and the model has tokens 0 to ${vocabSize - 1}`
    if (!(Math.abs(bias) <= 1000)) return `the logit bias of token ${id} is ${bias}, and has to be from -1000 to 1000`
  }
  return undefined
}
