import { z } from 'zod'
import { architectureOf, type Architecture, type LayerRole } from '../architectures/architectures.ts'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import { checkedConfig, uniqueIds } from './config-schema.ts'
import type { ModelConfig, RopeConfig } from '../types.ts'

/** A model as its configuration describes it. */
export interface DescribedModel {
  readonly architecture: Architecture
  readonly config: ModelConfig
  /** Biases that the source says it has. */
  readonly biases: readonly LayerRole[]
}

const id = z.union([z.int(), z.array(z.int())]).nullish()

const ropeParameters = z.looseObject({
  rope_theta: z.number().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  partial_rotary_factor: z.number().nullish(),
  factor: z.number().optional(),
  low_freq_factor: z.number().optional(),
  high_freq_factor: z.number().optional(),
  original_max_position_embeddings: z.number().optional()
})

/** What is read of config.json, in the spelling of transformers 5 (`rope_parameters`) and of most hub repositories (`rope_theta`, `rope_scaling`). */
const schema = z.looseObject({
  architectures: z.array(z.string()).min(1),
  hidden_size: z.int(),
  intermediate_size: z.int(),
  num_hidden_layers: z.int(),
  num_attention_heads: z.int(),
  num_key_value_heads: z.int().nullish(),
  head_dim: z.int().nullish(),
  hidden_act: z.string().optional(),
  vocab_size: z.int(),
  max_position_embeddings: z.int(),
  rms_norm_eps: z.number(),
  tie_word_embeddings: z.boolean().nullish(),
  sliding_window: z.int().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().nullish(),
  layer_types: z.array(z.string()).nullish(),
  rope_theta: z.number().nullish(),
  rope_scaling: ropeParameters.nullish(),
  rope_parameters: ropeParameters.nullish(),
  partial_rotary_factor: z.number().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  quantization_config: z.looseObject({ quant_method: z.string().optional() }).nullish(),
  eos_token_id: id
})

const generationSchema = z.looseObject({ eos_token_id: id })

const attentionBiases: readonly LayerRole[] = ['qBias', 'kBias', 'vBias', 'oBias']
const mlpBiases: readonly LayerRole[] = ['gateBias', 'upBias', 'downBias']

type Source = z.infer<typeof schema>

/**
 * @param config value of config.json
 * @param generation value of generation_config.json, where there is one
 * @throws {FormatError} @throws {UnsupportedModelError}
 */
export function configFromHuggingFace (config: unknown, generation?: unknown): DescribedModel {
  const named = z.looseObject({ architectures: z.array(z.string()).min(1) }).safeParse(config)
  if (!named.success) {
    throw new FormatError('config.json does not say which architecture this is (architectures)')
  }
  const architecture = architectureOf('classes', named.data.architectures[0] ?? '')
  const parsed = schema.safeParse(config)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new FormatError(`config.json is wrong: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  const source = parsed.data
  if (source.hidden_act != null && source.hidden_act !== 'silu') {
    throw new UnsupportedModelError(`the activation ${source.hidden_act} is not supported for ${architecture.name}; supported is silu`)
  }
  if (source.quantization_config != null) {
    throw new UnsupportedModelError(`weights quantised by ${source.quantization_config.quant_method ?? 'an unnamed method'} (quantization_config) are not supported; import the unquantised model or a GGUF file of it`)
  }
  const headDim = source.head_dim ?? source.hidden_size / source.num_attention_heads
  const ends = generationSchema.safeParse(generation ?? {})
  if (!ends.success) {
    throw new FormatError('generation_config.json is malformed: eos_token_id is neither a number nor a list of them')
  }
  return {
    architecture,
    biases: [...architecture.biases, ...(source.attention_bias === true ? attentionBiases : []), ...(source.mlp_bias === true ? mlpBiases : [])],
    config: checkedConfig({
      architecture: architecture.name,
      hiddenSize: source.hidden_size,
      intermediateSize: source.intermediate_size,
      layerCount: source.num_hidden_layers,
      headCount: source.num_attention_heads,
      kvHeadCount: source.num_key_value_heads ?? source.num_attention_heads,
      headDim,
      vocabSize: source.vocab_size,
      contextLength: source.max_position_embeddings,
      normEpsilon: source.rms_norm_eps,
      rope: ropeOf(source, headDim),
      slidingWindow: windowsOf(source, architecture),
      tiedEmbedding: source.tie_word_embeddings ?? false,
      eosTokenIds: uniqueIds(source.eos_token_id, ends.data.eos_token_id)
    }, 'config.json')
  }
}

function ropeOf (source: Source, headDim: number): RopeConfig {
  const parameters = source.rope_parameters ?? source.rope_scaling
  const theta = source.rope_parameters?.rope_theta ?? source.rope_theta ?? 10_000
  const type = parameters?.rope_type ?? parameters?.type ?? 'default'
  const rotated = parameters?.partial_rotary_factor ?? source.partial_rotary_factor ?? 1
  if (rotated !== 1) {
    throw new UnsupportedModelError(`rotating only a part of each head (partial_rotary_factor ${rotated}) is not supported yet`)
  }
  const need = (value: number | undefined, name: string): number => {
    if (value == null) {
      throw new FormatError(`config.json: rope scaling ${type} lacks ${name}`)
    }
    return value
  }
  switch (type) {
    case 'default':
      return { theta, dimensions: headDim, scaling: { type: 'none' } }
    case 'linear':
      return { theta, dimensions: headDim, scaling: { type: 'linear', factor: need(parameters?.factor, 'factor') } }
    case 'llama3':
      return {
        theta,
        dimensions: headDim,
        scaling: {
          type: 'llama3',
          factor: need(parameters?.factor, 'factor'),
          lowFrequencyFactor: need(parameters?.low_freq_factor, 'low_freq_factor'),
          highFrequencyFactor: need(parameters?.high_freq_factor, 'high_freq_factor'),
          originalContextLength: need(parameters?.original_max_position_embeddings, 'original_max_position_embeddings')
        }
      }
    default:
      throw new UnsupportedModelError(`rope scaling ${JSON.stringify(type)} is not supported yet; supported are default, linear, llama3`)
  }
}

function windowsOf (source: Source, architecture: Architecture): number[] {
  const window = (source.use_sliding_window ?? architecture.windowByDefault) ? source.sliding_window ?? 0 : 0
  return Array.from({ length: Math.max(0, Math.min(source.num_hidden_layers, 1024)) }, (_, layer) => {
    const type = source.layer_types?.[layer]
    if (type != null && type !== 'sliding_attention' && type !== 'full_attention') {
      throw new UnsupportedModelError(`layer ${layer} is of type ${JSON.stringify(type)}, which is not supported; supported are full_attention and sliding_attention`)
    }
    if (type != null) {
      return type === 'sliding_attention' ? window : 0
    }
    // Qwen2 begins its windows behind the first `max_window_layers` layers
    return source.use_sliding_window === true && layer < (source.max_window_layers ?? 0) ? 0 : window
  })
}
