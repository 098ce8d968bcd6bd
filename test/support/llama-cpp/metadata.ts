/** The metadata that llama.cpp's converter writes for a config.json: `set_gguf_parameters` of TextModel and its subclasses (conversion/*.py). */
import type { MetadataValue } from '../../../scripts/bench/gguf-writer.ts'
import type { Values } from './tensors.ts'

/** What of a hub repository's config.json (older spelling) is read here. */
export interface HubConfig {
  readonly model_type: string
  readonly vocab_size: number
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
  readonly head_dim?: number
  readonly max_position_embeddings: number
  readonly original_max_position_embeddings?: number
  readonly partial_rotary_factor?: number
  readonly rms_norm_eps: number
  readonly rope_theta: number
  readonly rope_local_base_freq?: number
  readonly rope_scaling?: Readonly<Record<string, unknown>> | null
  readonly [key: string]: unknown
}

export type Metadata = Record<string, MetadataValue>

const u32 = (value: number): MetadataValue => ({ u32: value })
const f32 = (value: number): MetadataValue => ({ f32: value })

/** `general.architecture` of each `model_type` (gguf-py, MODEL_ARCH_NAMES). */
const words: Readonly<Record<string, string>> = {
  llama: 'llama', mistral: 'llama', mixtral: 'llama', qwen2: 'qwen2', qwen3: 'qwen3', gemma2: 'gemma2', gemma3_text: 'gemma3', phi3: 'phi3', granite: 'granite', olmo2: 'olmo2',
  smollm3: 'smollm3', qwen2_moe: 'qwen2moe', qwen3_moe: 'qwen3moe', gpt_oss: 'gpt-oss'
}

/** TextModel.set_gguf_parameters. */
function common (config: HubConfig): Metadata {
  const scaling = config.rope_scaling ?? {}
  const type = scaling.rope_type ?? scaling.type
  const factor = Number(scaling.factor)
  const experts = config.num_local_experts ?? config.num_experts
  const optional = (key: string, from: unknown): Metadata => from == null ? {} : { [key]: f32(Number(from)) }
  return {
    block_count: u32(config.num_hidden_layers),
    context_length: u32(config.max_position_embeddings),
    embedding_length: u32(config.hidden_size),
    feed_forward_length: u32(config.intermediate_size),
    'attention.head_count': u32(config.num_attention_heads),
    'attention.head_count_kv': u32(config.num_key_value_heads),
    ...(type === 'linear' ? { 'rope.scaling.type': 'linear', 'rope.scaling.factor': f32(factor) } : {}),
    ...(type === 'yarn'
      ? {
          'rope.scaling.type': 'yarn',
          'rope.scaling.factor': f32(factor),
          'rope.scaling.original_context_length': u32(Number(scaling.original_max_position_embeddings)),
          ...optional('rope.scaling.yarn_attn_factor', scaling.attention_factor),
          ...optional('rope.scaling.yarn_beta_fast', scaling.beta_fast),
          ...optional('rope.scaling.yarn_beta_slow', scaling.beta_slow)
        }
      : {}),
    'rope.freq_base': f32(config.rope_theta),
    ...(config.rope_local_base_freq == null ? {} : { 'rope.freq_base_swa': f32(config.rope_local_base_freq) }),
    'attention.layer_norm_rms_epsilon': f32(config.rms_norm_eps),
    ...(experts == null ? {} : { expert_count: u32(Number(experts)), expert_used_count: u32(Number(config.num_experts_per_tok)) }),
    ...(config.head_dim == null ? {} : { 'attention.key_length': u32(config.head_dim), 'attention.value_length': u32(config.head_dim) })
  }
}

const headDim = (config: HubConfig): number => config.head_dim ?? config.hidden_size / config.num_attention_heads

/** LlamaModel.set_gguf_parameters. */
const llama = (config: HubConfig): Metadata => ({ ...common(config), vocab_size: u32(config.vocab_size), 'rope.dimension_count': u32(headDim(config)) })

/** Qwen2MoeModel.set_gguf_parameters. */
const qwenMoe = (config: HubConfig): Metadata => ({
  ...common(config),
  expert_feed_forward_length: u32(Number(config.moe_intermediate_size)),
  ...(config.shared_expert_intermediate_size == null ? {} : { expert_shared_feed_forward_length: u32(Number(config.shared_expert_intermediate_size)) })
})

const only = (metadata: Metadata, ...keys: string[]): Metadata => Object.fromEntries(Object.entries(metadata).filter(([key]) => keys.includes(key)))
const sizes = ['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count', 'attention.head_count_kv', 'attention.layer_norm_rms_epsilon']

const ropeDimensions = (config: HubConfig): number => Math.trunc(Math.trunc((config.partial_rotary_factor ?? 1) * config.hidden_size) / config.num_attention_heads)

const longrope = (config: HubConfig): { readonly short: number[], readonly long: number[], readonly original: number, readonly attention: number } | undefined => {
  const { short_factor: short, long_factor: long } = config.rope_scaling ?? {}
  const original = config.original_max_position_embeddings ?? config.max_position_embeddings
  const scale = config.max_position_embeddings / original
  return Array.isArray(short) && Array.isArray(long) ? { short, long, original, attention: scale > 1 ? Math.sqrt(1 + Math.log(scale) / Math.log(original)) : 1 } : undefined
}

/** By `model_type`, what the subclass writes. */
const parameters: Readonly<Record<string, (config: HubConfig) => Metadata>> = {
  llama, mistral: llama, mixtral: llama, smollm3: llama, qwen2: common, qwen3: common, olmo2: common, qwen2_moe: qwenMoe, qwen3_moe: qwenMoe,
  // Gemma2Model writes its own list
  gemma2: (config) => ({
    ...only(common(config), ...sizes, 'attention.key_length', 'attention.value_length'),
    attn_logit_softcapping: f32(Number(config.attn_logit_softcapping)),
    final_logit_softcapping: f32(Number(config.final_logit_softcapping)),
    'attention.sliding_window': u32(Number(config.sliding_window))
  }),
  gemma3_text: (config) => ({ ...common(config), 'attention.sliding_window': u32(Number(config.sliding_window)) }),
  // Phi3MiniModel writes its own list, and a window of 0 where there is none
  phi3: (config) => {
    const factors = longrope(config)
    return {
      ...only(common(config), ...sizes, 'rope.freq_base'),
      'rope.scaling.original_context_length': u32(config.original_max_position_embeddings ?? config.max_position_embeddings),
      'rope.dimension_count': u32(ropeDimensions(config)),
      'attention.sliding_window': u32(Number(config.sliding_window ?? 0)),
      ...(factors == null ? {} : { 'rope.scaling.attn_factor': f32(factors.attention) })
    }
  },
  granite: (config) => ({
    ...llama(config),
    'attention.scale': f32(Number(config.attention_multiplier)),
    embedding_scale: f32(Number(config.embedding_multiplier)),
    residual_scale: f32(Number(config.residual_multiplier)),
    logit_scale: f32(Number(config.logits_scaling))
  }),
  gpt_oss: (config) => ({ ...common(config), 'attention.sliding_window': u32(Number(config.sliding_window)), expert_feed_forward_length: u32(config.intermediate_size) })
}

export function modelMetadata (config: HubConfig): Metadata {
  const word = words[config.model_type] ?? ''
  const own = parameters[config.model_type]?.(config) ?? {}
  return { 'general.architecture': word, ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${word}.${key}`, value])) }
}

/** `generate_extra_tensors` of LlamaModel and Phi3MiniModel. */
export function ropeTensors (config: HubConfig): ReadonlyMap<string, Values> {
  const vector = (values: readonly number[]): Values => ({ shape: [values.length], values: Float32Array.from(values) })
  const factors = config.model_type === 'phi3' ? longrope(config) : undefined
  if (factors != null) return new Map([['rope_factors_long.weight', vector(factors.long)], ['rope_factors_short.weight', vector(factors.short)]])
  const scaling = config.rope_scaling ?? {}
  if (scaling.rope_type !== 'llama3') return new Map()
  const [factor, low, high, original] = [scaling.factor, scaling.low_freq_factor, scaling.high_freq_factor, scaling.original_max_position_embeddings].map(Number) as [number, number, number, number]
  const dimensions = headDim(config)
  return new Map([['rope_freqs.weight', vector(Array.from({ length: dimensions / 2 }, (_, pair) => {
    const wavelength = 2 * Math.PI * config.rope_theta ** (2 * pair / dimensions)
    if (wavelength < original / high) return 1
    if (wavelength > original / low) return factor
    const smooth = (original / wavelength - low) / (high - low)
    return 1 / ((1 - smooth) / factor + smooth)
  }))]])
}

/** `_set_vocab_gpt2`: tokens that the vocabulary lacks are unused ones. */
export function vocabularyMetadata ({ vocab_size: size }: HubConfig, tokenizer: unknown, tokenizerConfig: unknown): Metadata {
  const { model, added_tokens: added } = tokenizer as { model: { vocab: Record<string, number>, merges: Array<[string, string]> }, added_tokens: Array<{ id: number }> } // our own files
  const { chat_template: template } = tokenizerConfig as { chat_template?: string }
  const byId = new Map(Object.entries(model.vocab).map(([token, id]) => [id, token]))
  const special = new Set(added.map(({ id }) => id))
  const ids = Array.from({ length: size }, (_, id) => id)
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': ids.map((id) => byId.get(id) ?? `[PAD${id}]`),
    'tokenizer.ggml.token_type': { i32s: ids.map((id) => !byId.has(id) ? 5 : special.has(id) ? 3 : 1) },
    'tokenizer.ggml.merges': model.merges.map((pair) => pair.join(' ')),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.padding_token_id': u32(0),
    'tokenizer.ggml.add_bos_token': false,
    ...(template == null ? {} : { 'tokenizer.chat_template': template })
  }
}
