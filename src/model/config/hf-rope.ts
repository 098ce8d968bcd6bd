import { z } from 'zod'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import type { ModelConfig, RopeConfig } from '../types.ts'

const numbers = z.array(z.number()).optional()

const parameters = z.looseObject({
  rope_theta: z.number().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  partial_rotary_factor: z.number().nullish(),
  factor: z.number().nullish(),
  low_freq_factor: z.number().optional(),
  high_freq_factor: z.number().optional(),
  original_max_position_embeddings: z.number().optional(),
  short_factor: numbers,
  long_factor: numbers,
  attention_factor: z.number().nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish()
})

/** The keys of config.json that speak of the rotation, in all spellings. */
export const ropeFields = {
  rope_theta: z.number().nullish(),
  rope_local_base_freq: z.number().nullish(),
  rope_scaling: parameters.nullish(),
  // one for all layers, or one for each type of layer
  rope_parameters: z.union([z.strictObject({ full_attention: parameters, sliding_attention: parameters }), parameters]).nullish(),
  partial_rotary_factor: z.number().nullish(),
  original_max_position_embeddings: z.number().nullish()
}

type Source = z.infer<z.ZodObject<typeof ropeFields>>
type Parameters = z.infer<typeof parameters>

/** The rotation of all layers, and that of layers with a window where it is another. @throws {FormatError} @throws {UnsupportedModelError} */
export function ropesOf (source: Source, headDim: number, contextLength: number, where: string): Pick<ModelConfig, 'rope' | 'localRope'> {
  const given = source.rope_parameters
  if (given != null && 'full_attention' in given && 'sliding_attention' in given) {
    const types = given as { full_attention: Parameters, sliding_attention: Parameters } // the first form of the union
    return { rope: ropeOf(types.full_attention, source, headDim, contextLength, where), localRope: ropeOf(types.sliding_attention, source, headDim, contextLength, where) }
  }
  const shared = given // the second
  const rope = ropeOf(shared ?? source.rope_scaling ?? {}, source, headDim, contextLength, where)
  return source.rope_local_base_freq == null
    ? { rope }
    : { rope, localRope: { theta: source.rope_local_base_freq, dimensions: rope.dimensions, scaling: { type: 'none' } } }
}

function ropeOf (given: Parameters, source: Source, headDim: number, contextLength: number, where: string): RopeConfig {
  const theta = given.rope_theta ?? source.rope_theta ?? 10_000
  const dimensions = Math.trunc(headDim * (given.partial_rotary_factor ?? source.partial_rotary_factor ?? 1))
  return { theta, dimensions, scaling: scalingOf(given, source, contextLength, where) }
}

function scalingOf (given: Parameters, source: Source, contextLength: number, where: string): RopeConfig['scaling'] {
  const type = given.rope_type ?? given.type ?? 'default'
  const need = <T>(value: T | null | undefined, name: string): T => {
    if (value == null) {
      throw new FormatError(`${where}: rope scaling ${type} lacks ${name}`)
    }
    return value
  }
  const original = given.original_max_position_embeddings ?? source.original_max_position_embeddings
  switch (type) {
    case 'default':
      return { type: 'none' }
    case 'linear':
      return { type: 'linear', factor: need(given.factor, 'factor') }
    case 'llama3':
      return {
        type: 'llama3',
        factor: need(given.factor, 'factor'),
        lowFrequencyFactor: need(given.low_freq_factor, 'low_freq_factor'),
        highFrequencyFactor: need(given.high_freq_factor, 'high_freq_factor'),
        originalContextLength: need(original, 'original_max_position_embeddings')
      }
    case 'yarn': {
      const factor = need(given.factor, 'factor')
      return {
        type: 'yarn',
        factor,
        originalContextLength: original ?? contextLength,
        betaFast: given.beta_fast ?? 32,
        betaSlow: given.beta_slow ?? 1,
        attentionFactor: given.attention_factor ?? yarnAttention(factor, given),
        truncate: given.truncate ?? true
      }
    }
    case 'longrope':
    case 'su': {
      const originalContextLength = need(original, 'original_max_position_embeddings')
      const factor = given.factor ?? contextLength / originalContextLength
      return {
        type: 'longrope',
        shortFactors: need(given.short_factor, 'short_factor'),
        longFactors: need(given.long_factor, 'long_factor'),
        originalContextLength,
        attentionFactor: given.attention_factor ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContextLength)))
      }
    }
    default:
      throw new UnsupportedModelError(`rope scaling ${JSON.stringify(type)} is not supported yet; supported are default, linear, llama3, yarn and longrope`)
  }
}

/** How much longer queries and keys become as the context is stretched (YaRN, section 3.4). */
function yarnAttention (factor: number, { mscale, mscale_all_dim: all }: Parameters): number {
  const scale = (by: number): number => factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1
  return mscale != null && all != null && mscale !== 0 && all !== 0 ? scale(mscale) / scale(all) : scale(1)
}
