import { FormatError, UnsupportedModelError } from '../errors.ts'
import { asFloat32 } from '../quant/float.ts'
import type { GgufMetadata } from './gguf-metadata.ts'
import type { Architecture } from '../architectures/architecture.ts'
import type { GgufFile } from '../formats/gguf.ts'
import type { RopeConfig } from '../types.ts'

/** Divisors of each frequency, that of Llama 3 worked out. */
const FACTORS = 'rope_freqs.weight'
/** Longrope's two lists. */
const [LONG, SHORT] = ['rope_factors_long.weight', 'rope_factors_short.weight']

/** How a file rotates: in the words of config.json, and what those have no word for. */
export interface GgufRope {
  readonly words: Readonly<Record<string, unknown>>
  readonly beside: Partial<RopeConfig>
}

/** @throws {FormatError} @throws {UnsupportedModelError} */
export async function ropeFromGguf (file: GgufFile, metadata: GgufMetadata, { ggufYarnTruncates }: Architecture, headDim: number): Promise<GgufRope> {
  const { number, text } = metadata
  const dimensions = number('rope.dimension_count') ?? headDim
  const theta = number('rope.freq_base')
  const localTheta = number('rope.freq_base_swa')
  const words = (scaling?: Readonly<Record<string, unknown>>): GgufRope['words'] => ({
    ...(theta == null ? {} : { rope_theta: theta }),
    ...(localTheta == null ? {} : { rope_local_base_freq: localTheta }),
    ...(scaling == null ? {} : { rope_scaling: scaling })
  })
  const original = number('rope.scaling.original_context_length')
  const attentionFactor = number('rope.scaling.attn_factor')
  if (file.info(LONG) != null || file.info(SHORT) != null) {
    const [long, short] = [await factors(file, LONG, dimensions), await factors(file, SHORT, dimensions)]
    const scaling = { rope_type: 'longrope', long_factor: long, short_factor: short, original_max_position_embeddings: original, attention_factor: attentionFactor }
    return { words: words(scaling), beside: { dimensions } }
  }
  if (file.info(FACTORS) != null) {
    return { words: words(), beside: { dimensions, scaling: { type: 'factors', factors: await factors(file, FACTORS, dimensions) } } }
  }
  // without a type, a factor means linear scaling; older files call it scale_linear
  const factor = number('rope.scaling.factor') ?? number('rope.scale_linear') ?? 0
  const type = text('rope.scaling.type') ?? 'linear'
  switch (type) {
    case 'none':
      return { words: words(), beside: { dimensions } }
    case 'linear':
      return { words: words(factor === 0 || factor === 1 ? undefined : { rope_type: 'linear', factor }), beside: { dimensions } }
    case 'yarn': {
      const extrapolation = number('rope.scaling.yarn_ext_factor') ?? 1
      if (extrapolation !== 1) {
        throw new UnsupportedModelError(`rope scaling yarn with an extrapolation factor of ${extrapolation} is not supported; supported is 1`)
      }
      return {
        words: words({
          rope_type: 'yarn',
          factor,
          original_max_position_embeddings: original,
          beta_fast: number('rope.scaling.yarn_beta_fast'),
          beta_slow: number('rope.scaling.yarn_beta_slow'),
          // the converter's word for the model's own; llama.cpp's other one multiplies what yarn makes of the factor
          attention_factor: number('rope.scaling.yarn_attn_factor') ?? (attentionFactor == null ? undefined : attentionFactor * (factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1)),
          truncate: ggufYarnTruncates
        }),
        beside: { dimensions }
      }
    }
    default:
      throw new UnsupportedModelError(`rope scaling ${JSON.stringify(type)} is not supported yet; supported are none, linear, yarn, and longrope by its tensors ${LONG} and ${SHORT}`)
  }
}

async function factors (file: GgufFile, name: string, dimensions: number): Promise<number[]> {
  const tensor = file.info(name)
  if (tensor == null) {
    throw new FormatError(`tensor ${name} is missing in the GGUF file: longrope has ${LONG} and ${SHORT}`)
  }
  if (tensor.type !== 'F32' || tensor.shape.length !== 1 || tensor.shape[0] !== dimensions / 2) {
    throw new FormatError(`${name} in the GGUF file is not ${dimensions / 2} float32 values`)
  }
  return [...asFloat32(await file.rows(name, 0, 1))]
}
