import { architectureOf } from '../architectures/architectures.ts'
import { UnsupportedModelError } from '../errors.ts'
import { textEnds } from '../tokenizer/gguf-vocabulary.ts'
import { configOfWords, type DescribedModel } from './config-words.ts'
import { ggufMetadata, type GgufMetadata } from './gguf-metadata.ts'
import { ropeFromGguf } from './gguf-rope.ts'
import type { Architecture } from '../architectures/architecture.ts'
import type { GgufFile } from '../formats/gguf.ts'

/** Words of config.json and their keys in GGUF metadata (gguf-py, constants.py), where both are one number. */
const keys: Readonly<Record<string, string>> = {
  hidden_size: 'embedding_length',
  intermediate_size: 'feed_forward_length',
  num_hidden_layers: 'block_count',
  num_attention_heads: 'attention.head_count',
  num_key_value_heads: 'attention.head_count_kv',
  head_dim: 'attention.key_length',
  max_position_embeddings: 'context_length',
  rms_norm_eps: 'attention.layer_norm_rms_epsilon',
  attention_multiplier: 'attention.scale',
  embedding_multiplier: 'embedding_scale',
  residual_multiplier: 'residual_scale',
  logits_scaling: 'logit_scale',
  attn_logit_softcapping: 'attn_logit_softcapping',
  final_logit_softcapping: 'final_logit_softcapping'
}
const required = ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'max_position_embeddings', 'rms_norm_eps']

/** Of keys that no architecture here has: values with which they change nothing. Any other value makes another model. */
const neutral: Readonly<Record<string, readonly number[]>> = {
  'attention.clamp_kqv': [0],
  'attention.max_alibi_bias': [0],
  'attention.temperature_scale': [0],
  'expert_group_count': [0, 1],
  'expert_weights_scale': [0, 1],
  'leading_dense_block_count': [0],
  'nextn_predict_layers': [0]
}

/** llama.cpp's numbers for what experts' probabilities are made by. */
const SOFTMAX = 1
const SOFTMAX_OF_CHOSEN = 3

/**
 * The metadata put into the words of config.json, which mean the same for both, with what files leave unsaid from the architecture's entry.
 * @throws {FormatError} @throws {UnsupportedModelError}
 */
export async function configFromGguf (file: GgufFile): Promise<DescribedModel> {
  const metadata = ggufMetadata(file)
  const { number, need } = metadata
  const parts = file.metadata.get('split.count')
  if (typeof parts === 'number' && parts > 1) {
    throw new UnsupportedModelError(`this GGUF file is one of ${parts} parts, which is not supported; join them with llama.cpp's llama-gguf-split --merge`)
  }
  const architecture = architectureOf('gguf', metadata.architecture, (number('expert_count') ?? 0) > 0)
  refuseUnread(metadata, architecture)
  const numbers = Object.fromEntries(Object.entries(keys).map(([word, key]) => [word, required.includes(word) ? need(key) : number(key)]))
  const layerCount = need('block_count')
  const headCount = need('attention.head_count')
  const hiddenSize = need('embedding_length')
  const headDim = number('attention.key_length') ?? hiddenSize / headCount
  const tokens = file.metadata.get('tokenizer.ggml.tokens')
  const { model, layer } = architecture.ggufNames
  const rope = await ropeFromGguf(file, metadata, architecture, headDim)
  const given = {
    ...numbers,
    vocab_size: number('vocab_size') ?? (Array.isArray(tokens) ? tokens.length : file.info(model.embedding)?.shape[0]),
    tie_word_embeddings: file.info(model.head) == null,
    ...windows(metadata, layerCount),
    ...rope.words,
    query_pre_attn_scalar: 'query_pre_attn_scalar' in architecture.configDefaults ? (layerCount === architecture.ggufWideScaleAt ? hiddenSize / headCount : headDim) : undefined,
    ...(architecture.experts === 'none' ? {} : experts(file, metadata, layerCount, layer))
  }
  // what is not said is not null: the architecture's defaults count
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const eosTokenIds = [number('tokenizer.ggml.eos_token_id'), number('tokenizer.ggml.eot_token_id'), textEnds(file)]
  const { config } = configOfWords({ ...architecture.ggufDefaults, ...said }, architecture, { where: 'the GGUF metadata', eosTokenIds, rope: rope.beside, spelling: keys })
  return { architecture, biases: architecture.biases, config }
}

function refuseUnread ({ architecture: word, number, has, flag }: GgufMetadata, { ggufRefuses, experts }: Architecture): void {
  for (const [key, values] of Object.entries(neutral)) {
    const value = number(key) ?? 0
    if (!values.includes(value)) {
      throw new UnsupportedModelError(`${word}.${key} = ${value} in the GGUF metadata is not supported; supported is ${values.join(' or ')}`)
    }
  }
  if (flag('attention.causal') === false) {
    throw new UnsupportedModelError(`${word}.attention.causal = false in the GGUF metadata is not supported: Shoal runs models that see what came before`)
  }
  const gating = number('expert_gating_func') ?? 0
  const known = experts === 'clamped' ? SOFTMAX_OF_CHOSEN : SOFTMAX
  if (gating !== 0 && gating !== known) {
    throw new UnsupportedModelError(`${word}.expert_gating_func = ${gating} in the GGUF metadata is not supported; supported is ${known}`)
  }
  const refused = ggufRefuses.find(has)
  if (refused != null) {
    throw new UnsupportedModelError(`${word} with ${refused} in the GGUF metadata is not supported: that is a later model under the same name`)
  }
}

/** A pattern says which layers have the window: a list, or every so many layers one that sees all. Without one the architecture says it. */
function windows ({ number, list }: GgufMetadata, layerCount: number): Readonly<Record<string, unknown>> {
  const window = number('attention.sliding_window')
  const pattern = list('attention.sliding_window_pattern')
  const every = pattern == null ? number('attention.sliding_window_pattern') : undefined
  const layers = Array.from({ length: Math.max(0, Math.min(layerCount, 1024)) }, (_, layer) => layer)
  const hasWindow = pattern != null ? (layer: number) => pattern[layer] === 1 : every != null ? (layer: number) => every === 0 || layer % every < every - 1 : undefined
  return {
    sliding_window: window,
    use_sliding_window: window == null ? undefined : true,
    layer_types: hasWindow == null ? undefined : layers.map((layer) => hasWindow(layer) ? 'sliding_attention' : 'full_attention')
  }
}

/** Sizes that older files don't state are those of the tensors. Layers without experts have a plain MLP's tensors. */
function experts (file: GgufFile, { number, need, flag }: GgufMetadata, layerCount: number, names: Architecture['ggufNames']['layer']): Readonly<Record<string, unknown>> {
  const of = (role: 'gate' | 'router' | 'expertGate' | 'sharedGate', layer: number): readonly number[] | undefined => file.info(names[role].replace('{layer}', String(layer)))?.shape
  const layers = Array.from({ length: Math.max(0, Math.min(layerCount, 1024)) }, (_, layer) => layer)
  const sizes = (role: 'expertGate' | 'sharedGate'): number | undefined => layers.map((layer) => of(role, layer)?.at(-2)).find((size) => size != null)
  return {
    num_experts: number('expert_count'),
    num_experts_per_tok: need('expert_used_count'),
    moe_intermediate_size: number('expert_feed_forward_length') ?? sizes('expertGate'),
    shared_expert_intermediate_size: number('expert_shared_feed_forward_length') ?? sizes('sharedGate'),
    norm_topk_prob: flag('expert_weights_norm'),
    mlp_only_layers: layers.filter((layer) => of('router', layer) == null && of('gate', layer) != null)
  }
}
