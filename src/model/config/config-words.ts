import { z } from 'zod'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import { checkedConfig, uniqueIds } from './config-schema.ts'
import { ropeFields, ropesOf } from './hf-rope.ts'
import type { Architecture, LayerRole } from '../architectures/architecture.ts'
import type { ModelConfig, RopeConfig } from '../types.ts'

/** A model as its configuration describes it. */
export interface DescribedModel {
  readonly architecture: Architecture
  readonly config: ModelConfig
  /** Biases that the source says it has. */
  readonly biases: readonly LayerRole[]
}

export const tokenIds = z.union([z.int(), z.array(z.int())]).nullish()

/** What is read of config.json, in the spelling of transformers 5 (`rope_parameters`) and of most hub repositories (`rope_theta`, `rope_scaling`). */
const schema = z.looseObject({
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
  eos_token_id: tokenIds
})

type Words = z.infer<typeof schema>

/** What a source says beside those words. */
export interface Beside {
  /** Of messages: `config.json`, … */
  readonly where: string
  readonly eosTokenIds?: ReadonlyArray<number | readonly number[] | null | undefined>
  /** What it says about the rotation that those words don't. */
  readonly rope?: Partial<RopeConfig>
  /** Its own names of these words, for messages. */
  readonly spelling?: Readonly<Record<string, string>>
}

/**
 * The configuration of a model that is described in the words of config.json; what is left out means what the architecture says.
 * @throws {FormatError} @throws {UnsupportedModelError}
 */
export function configOfWords (
  given: Readonly<Record<string, unknown>>, architecture: Architecture, { where, eosTokenIds = [], rope, spelling = {} }: Beside
): { readonly config: ModelConfig, readonly words: Words } {
  const parsed = schema.safeParse({ ...architecture.configDefaults, ...given })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const word = issue?.path.join('.') ?? ''
    throw new FormatError(`${where} is wrong: ${spelling[word] ?? word}: ${issue?.message ?? ''}`)
  }
  const words = parsed.data
  const activation = words.hidden_activation ?? words.hidden_act ?? 'silu'
  if (activation !== 'silu' && activation !== 'gelu_pytorch_tanh') {
    throw new UnsupportedModelError(`the activation ${activation} is not supported for ${architecture.name}; supported are silu and gelu_pytorch_tanh`)
  }
  const headDim = words.head_dim ?? words.hidden_size / words.num_attention_heads
  const ropes = ropesOf(words, headDim, words.max_position_embeddings, where)
  const config = checkedConfig({
    architecture: architecture.name,
    hiddenSize: words.hidden_size,
    intermediateSize: words.intermediate_size,
    layerCount: words.num_hidden_layers,
    headCount: words.num_attention_heads,
    kvHeadCount: words.num_key_value_heads ?? words.num_attention_heads,
    headDim,
    vocabSize: words.vocab_size,
    contextLength: words.max_position_embeddings,
    normEpsilon: words.rms_norm_eps,
    ...ropes,
    rope: { ...ropes.rope, ...rope },
    slidingWindow: windowsOf(words, architecture),
    tiedEmbedding: words.tie_word_embeddings ?? false,
    eosTokenIds: uniqueIds(words.eos_token_id, ...eosTokenIds),
    ...(activation === 'silu' ? {} : { activation: 'geluTanh' }),
    ...unrotatedLayers(words, architecture, where),
    ...expertsOf(words, architecture, where),
    ...scales(words, architecture)
  }, where)
  return { config, words }
}

/** Factors and caps, where they change anything. */
function scales (words: Words, architecture: Architecture): Partial<ModelConfig> {
  const attentionScale = words.query_pre_attn_scalar == null ? words.attention_multiplier : words.query_pre_attn_scalar ** -0.5
  const values = {
    embeddingScale: architecture.scaledEmbedding ? Math.sqrt(words.hidden_size) : words.embedding_multiplier,
    residualScale: words.residual_multiplier,
    logitScale: words.logits_scaling == null ? undefined : 1 / words.logits_scaling,
    attentionScale,
    attentionSoftcap: words.attn_logit_softcapping,
    logitSoftcap: words.final_logit_softcapping
  }
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value != null && (value !== 1 || name.endsWith('cap') || name === 'attentionScale')))
}

function expertsOf (words: Words, { name, experts }: Architecture, where: string): Partial<ModelConfig> {
  if (experts === 'none') {
    return {}
  }
  const count = words.num_local_experts ?? words.num_experts
  const perToken = words.num_experts_per_tok
  if (count == null || perToken == null) {
    throw new FormatError(`${where}: ${name} lacks num_experts or num_experts_per_tok`)
  }
  const step = words.decoder_sparse_step ?? 1
  const dense = Array.from({ length: Math.max(0, Math.min(words.num_hidden_layers, 1024)) }, (_, layer) => layer)
    .filter((layer) => (layer + 1) % step !== 0 || words.mlp_only_layers?.includes(layer) === true)
  return {
    experts: {
      count,
      perToken,
      intermediateSize: words.moe_intermediate_size ?? words.intermediate_size,
      // Mixtral has no word for it and always does
      normalised: words.norm_topk_prob ?? experts === 'plain',
      ...(experts === 'clamped' ? { softmaxOfChosen: true, clamped: { limit: words.swiglu_limit ?? 7, alpha: words.swiglu_alpha ?? 1.702 } } : {}),
      ...(experts === 'shared' && words.shared_expert_intermediate_size != null ? { sharedIntermediateSize: words.shared_expert_intermediate_size } : {}),
      ...(dense.length === 0 ? {} : { denseLayers: dense })
    }
  }
}

function unrotatedLayers ({ no_rope_layers: layers, no_rope_layer_interval: interval, num_hidden_layers: count }: Words, { name }: Architecture, where: string): Partial<ModelConfig> {
  if (layers == null && interval == null) {
    return {}
  }
  if (layers != null && layers.length !== count) {
    throw new FormatError(`${where}: no_rope_layers of ${name} has ${layers.length} entries for ${count} layers`)
  }
  const rotates = (layer: number): boolean => layers == null ? (layer + 1) % (interval ?? 1) !== 0 : layers[layer] !== 0
  const unrotated = Array.from({ length: Math.min(count, 1024) }, (_, layer) => layer).filter((layer) => !rotates(layer))
  return unrotated.length === 0 ? {} : { unrotatedLayers: unrotated }
}

function windowsOf (words: Words, architecture: Architecture): number[] {
  const window = (words.use_sliding_window ?? architecture.windowByDefault) ? words.sliding_window ?? 0 : 0
  const fullEvery = architecture.fullEvery === 1 ? 1 : words.sliding_window_pattern ?? architecture.fullEvery
  return Array.from({ length: Math.max(0, Math.min(words.num_hidden_layers, 1024)) }, (_, layer) => {
    const type = words.layer_types?.[layer]
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
    return words.use_sliding_window === true && layer < (words.max_window_layers ?? 0) ? 0 : window
  })
}
