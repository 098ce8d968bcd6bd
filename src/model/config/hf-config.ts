import { z } from 'zod'
import { architectureOf, type Architecture, type LayerRole } from '../architectures/architectures.ts'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import { checkedConfig, uniqueIds } from './config-schema.ts'
import { ropeFields, ropesOf } from './hf-rope.ts'
import type { ModelConfig } from '../types.ts'

/** A model as its configuration describes it. */
export interface DescribedModel {
  readonly architecture: Architecture
  readonly config: ModelConfig
  /** Biases that the source says it has. */
  readonly biases: readonly LayerRole[]
}

const id = z.union([z.int(), z.array(z.int())]).nullish()

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
  hidden_activation: z.string().nullish(),
  vocab_size: z.int(),
  max_position_embeddings: z.int(),
  rms_norm_eps: z.number(),
  tie_word_embeddings: z.boolean().nullish(),
  sliding_window: z.int().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().nullish(),
  layer_types: z.array(z.string()).nullish(),
  ...ropeFields,
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  quantization_config: z.looseObject({ quant_method: z.string().optional() }).nullish(),
  sliding_window_pattern: z.int().min(1).nullish(),
  no_rope_layers: z.array(z.int()).nullish(),
  no_rope_layer_interval: z.int().min(1).nullish(),
  num_local_experts: z.int().nullish(),
  num_experts: z.int().nullish(),
  num_experts_per_tok: z.int().nullish(),
  moe_intermediate_size: z.int().nullish(),
  shared_expert_intermediate_size: z.int().nullish(),
  norm_topk_prob: z.boolean().nullish(),
  mlp_only_layers: z.array(z.int()).nullish(),
  swiglu_limit: z.number().positive().nullish(),
  swiglu_alpha: z.number().positive().nullish(),
  decoder_sparse_step: z.int().min(1).nullish(),
  query_pre_attn_scalar: z.number().positive().nullish(),
  attn_logit_softcapping: z.number().nullish(),
  final_logit_softcapping: z.number().nullish(),
  attention_multiplier: z.number().nullish(),
  embedding_multiplier: z.number().nullish(),
  residual_multiplier: z.number().nullish(),
  logits_scaling: z.number().nullish(),
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
  const parsed = schema.safeParse({ ...architecture.configDefaults, ...named.data })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new FormatError(`config.json is wrong: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  const source = parsed.data
  const activation = source.hidden_activation ?? source.hidden_act ?? 'silu'
  if (activation !== 'silu' && activation !== 'gelu_pytorch_tanh') {
    throw new UnsupportedModelError(`the activation ${activation} is not supported for ${architecture.name}; supported are silu and gelu_pytorch_tanh`)
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
      ...ropesOf(source, headDim, source.max_position_embeddings),
      slidingWindow: windowsOf(source, architecture),
      tiedEmbedding: source.tie_word_embeddings ?? false,
      eosTokenIds: uniqueIds(source.eos_token_id, ends.data.eos_token_id),
      ...(activation === 'silu' ? {} : { activation: 'geluTanh' }),
      ...unrotatedLayers(source, architecture),
      ...expertsOf(source, architecture),
      ...scales(source, architecture)
    }, 'config.json')
  }
}

/** Factors and caps, where they change anything. */
function scales (source: Source, architecture: Architecture): Partial<ModelConfig> {
  const attentionScale = source.query_pre_attn_scalar == null ? source.attention_multiplier : source.query_pre_attn_scalar ** -0.5
  const values = {
    embeddingScale: architecture.scaledEmbedding ? Math.sqrt(source.hidden_size) : source.embedding_multiplier,
    residualScale: source.residual_multiplier,
    logitScale: source.logits_scaling == null ? undefined : 1 / source.logits_scaling,
    attentionScale,
    attentionSoftcap: source.attn_logit_softcapping,
    logitSoftcap: source.final_logit_softcapping
  }
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value != null && (value !== 1 || name.endsWith('cap') || name === 'attentionScale')))
}

function expertsOf (source: Source, { name, experts }: Architecture): Partial<ModelConfig> {
  if (experts === 'none') {
    return {}
  }
  const count = source.num_local_experts ?? source.num_experts
  const perToken = source.num_experts_per_tok
  if (count == null || perToken == null) {
    throw new FormatError(`config.json: ${name} lacks num_experts or num_experts_per_tok`)
  }
  const step = source.decoder_sparse_step ?? 1
  const dense = Array.from({ length: Math.max(0, Math.min(source.num_hidden_layers, 1024)) }, (_, layer) => layer)
    .filter((layer) => (layer + 1) % step !== 0 || source.mlp_only_layers?.includes(layer) === true)
  return {
    experts: {
      count,
      perToken,
      intermediateSize: source.moe_intermediate_size ?? source.intermediate_size,
      // Mixtral has no word for it and always does
      normalised: source.norm_topk_prob ?? experts === 'plain',
      ...(experts === 'stacked' ? { softmaxOfChosen: true, clamped: { limit: source.swiglu_limit ?? 7, alpha: source.swiglu_alpha ?? 1.702 } } : {}),
      ...(experts === 'shared' && source.shared_expert_intermediate_size != null ? { sharedIntermediateSize: source.shared_expert_intermediate_size } : {}),
      ...(dense.length === 0 ? {} : { denseLayers: dense })
    }
  }
}

function unrotatedLayers ({ no_rope_layers: layers, no_rope_layer_interval: interval, num_hidden_layers: count }: Source, { name }: Architecture): Partial<ModelConfig> {
  if (layers == null && interval == null) {
    return {}
  }
  if (layers != null && layers.length !== count) {
    throw new FormatError(`config.json: no_rope_layers of ${name} has ${layers.length} entries for ${count} layers`)
  }
  const rotates = (layer: number): boolean => layers == null ? (layer + 1) % (interval ?? 1) !== 0 : layers[layer] !== 0
  const unrotated = Array.from({ length: Math.min(count, 1024) }, (_, layer) => layer).filter((layer) => !rotates(layer))
  return unrotated.length === 0 ? {} : { unrotatedLayers: unrotated }
}

function windowsOf (source: Source, architecture: Architecture): number[] {
  const window = (source.use_sliding_window ?? architecture.windowByDefault) ? source.sliding_window ?? 0 : 0
  const fullEvery = architecture.fullEvery === 1 ? 1 : source.sliding_window_pattern ?? architecture.fullEvery
  return Array.from({ length: Math.max(0, Math.min(source.num_hidden_layers, 1024)) }, (_, layer) => {
    const type = source.layer_types?.[layer]
    if (type != null && type !== 'sliding_attention' && type !== 'full_attention') {
      throw new UnsupportedModelError(`layer ${layer} is of type ${JSON.stringify(type)}, which is not supported; supported are full_attention and sliding_attention`)
    }
    if (type != null) {
      return type === 'sliding_attention' ? window : 0
    }
    if ((layer + 1) % fullEvery === 0 && fullEvery > 1) {
      return 0
    }
    // Qwen2 begins its windows behind the first `max_window_layers` layers
    return source.use_sliding_window === true && layer < (source.max_window_layers ?? 0) ? 0 : window
  })
}
