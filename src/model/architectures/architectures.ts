import { UnsupportedModelError } from '../errors.ts'

/** What one tensor of a model is for, whatever its file calls it. */
export type LayerRole =
  | 'attnNorm' | 'attnPostNorm' | 'q' | 'k' | 'v' | 'qkv' | 'o' | 'qBias' | 'kBias' | 'vBias' | 'oBias' | 'qNorm' | 'kNorm'
  | 'mlpNorm' | 'mlpPostNorm' | 'gate' | 'up' | 'gateUp' | 'down' | 'gateBias' | 'upBias' | 'downBias'
  | 'router' | 'expertGate' | 'expertUp' | 'expertDown' | 'routerBias' | 'sinks' | 'expertGateUpBias' | 'expertDownBias' | 'sharedRouter' | 'sharedGate' | 'sharedUp' | 'sharedDown'
export type ModelRole = 'embedding' | 'norm' | 'head'

/** How one file format names tensors. `{layer}` stands for the layer's number, `{expert}` for an expert's. */
export interface TensorNames {
  readonly layer: Readonly<Record<LayerRole, string>>
  readonly model: Readonly<Record<ModelRole, string>>
  /** Tensors that files may have beside these and that no product needs: any other one means that the model is not what it says. */
  readonly beside: RegExp
}

/**
 * One architecture: all that differs from Llama. The next one is an entry here; one whose graph differs adds a file to
 * `graph/` and names it in its entry.
 */
export interface Architecture {
  readonly name: string
  /** `architectures[0]` of config.json. */
  readonly classes: readonly string[]
  /** `general.architecture` of GGUF files. */
  readonly gguf: readonly string[]
  /** RMS norms of q and k before the rotation: none, of each head by itself, or of all heads together. */
  readonly headNorms: 'none' | 'each' | 'all'
  /** RMS norms of the residual stream before the sublayers, of what they add, or both. */
  readonly norms: 'before' | 'behind' | 'both'
  /** A norm multiplies by 1 + its weight in safetensors files; the stored weight is the sum, as in GGUF files. */
  readonly normsFromZero: boolean
  /** The files have q, k and v as one matrix, and gate and up as another. */
  readonly fusedMatrices: boolean
  /**
   * Experts in place of the MLP: none, or some, or with one beside them that every row passes. `plain`: their probabilities add up
   * to 1 unless config.json says otherwise. `stacked`: all experts of a layer in one tensor, transposed, gate and up in turns, with biases.
   */
  readonly experts: 'none' | 'plain' | 'routed' | 'shared' | 'stacked'
  /** A score for each head beside those of the keys. */
  readonly sinks: boolean
  /** Without `layer_types` in config.json: every so many layers one sees all positions, the others have the window. 1: all have it. */
  readonly fullEvery: number
  /** What config.json means where it is silent, in the words of transformers. */
  readonly configDefaults: Readonly<Record<string, unknown>>
  /** The embedding is multiplied by √hiddenSize. */
  readonly scaledEmbedding: boolean
  /** Biases that every model of it has. */
  readonly biases: readonly LayerRole[]
  /** Whether config.json's `sliding_window` holds without `use_sliding_window`. */
  readonly windowByDefault: boolean
  /** llama.cpp's converter reorders the rows of q and k for its own rotation. */
  readonly ggufPermutesHeads: boolean
  readonly safetensorsNames: TensorNames
  readonly ggufNames: TensorNames
}

const safetensorsNames: TensorNames = {
  // buffers that older versions of transformers saved
  beside: /\.(rotary_emb\.inv_freq|attn\.masked_bias)$/,
  model: { embedding: 'model.embed_tokens.weight', norm: 'model.norm.weight', head: 'lm_head.weight' },
  layer: {
    attnNorm: 'model.layers.{layer}.input_layernorm.weight',
    q: 'model.layers.{layer}.self_attn.q_proj.weight',
    k: 'model.layers.{layer}.self_attn.k_proj.weight',
    v: 'model.layers.{layer}.self_attn.v_proj.weight',
    o: 'model.layers.{layer}.self_attn.o_proj.weight',
    qBias: 'model.layers.{layer}.self_attn.q_proj.bias',
    kBias: 'model.layers.{layer}.self_attn.k_proj.bias',
    vBias: 'model.layers.{layer}.self_attn.v_proj.bias',
    qkv: 'model.layers.{layer}.self_attn.qkv_proj.weight',
    oBias: 'model.layers.{layer}.self_attn.o_proj.bias',
    qNorm: 'model.layers.{layer}.self_attn.q_norm.weight',
    kNorm: 'model.layers.{layer}.self_attn.k_norm.weight',
    // the names that Llama began with; files with norms behind the sublayers use them otherwise: see below
    attnPostNorm: 'model.layers.{layer}.post_attention_layernorm.weight',
    mlpPostNorm: 'model.layers.{layer}.post_feedforward_layernorm.weight',
    gateUp: 'model.layers.{layer}.mlp.gate_up_proj.weight',
    mlpNorm: 'model.layers.{layer}.post_attention_layernorm.weight',
    gate: 'model.layers.{layer}.mlp.gate_proj.weight',
    up: 'model.layers.{layer}.mlp.up_proj.weight',
    down: 'model.layers.{layer}.mlp.down_proj.weight',
    router: 'model.layers.{layer}.mlp.gate.weight',
    expertGate: 'model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight',
    expertUp: 'model.layers.{layer}.mlp.experts.{expert}.up_proj.weight',
    expertDown: 'model.layers.{layer}.mlp.experts.{expert}.down_proj.weight',
    routerBias: 'model.layers.{layer}.mlp.router.bias',
    sinks: 'model.layers.{layer}.self_attn.sinks',
    expertGateUpBias: 'model.layers.{layer}.mlp.experts.gate_up_proj_bias',
    expertDownBias: 'model.layers.{layer}.mlp.experts.down_proj_bias',
    sharedRouter: 'model.layers.{layer}.mlp.shared_expert_gate.weight',
    sharedGate: 'model.layers.{layer}.mlp.shared_expert.gate_proj.weight',
    sharedUp: 'model.layers.{layer}.mlp.shared_expert.up_proj.weight',
    sharedDown: 'model.layers.{layer}.mlp.shared_expert.down_proj.weight',
    gateBias: 'model.layers.{layer}.mlp.gate_proj.bias',
    upBias: 'model.layers.{layer}.mlp.up_proj.bias',
    downBias: 'model.layers.{layer}.mlp.down_proj.bias'
  }
}

const ggufNames: TensorNames = {
  // part of the configuration: see `configFromGguf`
  beside: /^rope_freqs\.weight$/,
  model: { embedding: 'token_embd.weight', norm: 'output_norm.weight', head: 'output.weight' },
  layer: {
    attnNorm: 'blk.{layer}.attn_norm.weight',
    q: 'blk.{layer}.attn_q.weight',
    k: 'blk.{layer}.attn_k.weight',
    v: 'blk.{layer}.attn_v.weight',
    o: 'blk.{layer}.attn_output.weight',
    qBias: 'blk.{layer}.attn_q.bias',
    kBias: 'blk.{layer}.attn_k.bias',
    vBias: 'blk.{layer}.attn_v.bias',
    qkv: 'blk.{layer}.attn_qkv.weight',
    oBias: 'blk.{layer}.attn_output.bias',
    qNorm: 'blk.{layer}.attn_q_norm.weight',
    kNorm: 'blk.{layer}.attn_k_norm.weight',
    attnPostNorm: 'blk.{layer}.post_attention_norm.weight',
    mlpPostNorm: 'blk.{layer}.post_ffw_norm.weight',
    gateUp: 'blk.{layer}.ffn_up.weight',
    mlpNorm: 'blk.{layer}.ffn_norm.weight',
    gate: 'blk.{layer}.ffn_gate.weight',
    up: 'blk.{layer}.ffn_up.weight',
    down: 'blk.{layer}.ffn_down.weight',
    // experts lie in one tensor there, which is not read yet: no architecture with experts has a GGUF name
    router: 'blk.{layer}.ffn_gate_inp.weight',
    expertGate: 'blk.{layer}.ffn_gate.{expert}.weight',
    expertUp: 'blk.{layer}.ffn_up.{expert}.weight',
    expertDown: 'blk.{layer}.ffn_down.{expert}.weight',
    routerBias: 'blk.{layer}.ffn_gate_inp.bias',
    sinks: 'blk.{layer}.attn_sinks.weight',
    expertGateUpBias: 'blk.{layer}.ffn_gate_exps.bias',
    expertDownBias: 'blk.{layer}.ffn_down_exps.bias',
    sharedRouter: 'blk.{layer}.ffn_gate_inp_shexp.weight',
    sharedGate: 'blk.{layer}.ffn_gate_shexp.weight',
    sharedUp: 'blk.{layer}.ffn_up_shexp.weight',
    sharedDown: 'blk.{layer}.ffn_down_shexp.weight',
    gateBias: 'blk.{layer}.ffn_gate.bias',
    upBias: 'blk.{layer}.ffn_up.bias',
    downBias: 'blk.{layer}.ffn_down.bias'
  }
}

/** Gemma's names: norms before and behind. */
const gemmaNames: TensorNames = {
  ...safetensorsNames,
  layer: { ...safetensorsNames.layer, mlpNorm: 'model.layers.{layer}.pre_feedforward_layernorm.weight' }
}

const mixtralNames: TensorNames = {
  ...safetensorsNames,
  layer: {
    ...safetensorsNames.layer,
    router: 'model.layers.{layer}.block_sparse_moe.gate.weight',
    expertGate: 'model.layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight',
    expertUp: 'model.layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight',
    expertDown: 'model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight'
  }
}

const gptOssNames: TensorNames = {
  ...safetensorsNames,
  layer: {
    ...safetensorsNames.layer,
    router: 'model.layers.{layer}.mlp.router.weight',
    expertGate: 'model.layers.{layer}.mlp.experts.gate_up_proj',
    expertUp: 'model.layers.{layer}.mlp.experts.gate_up_proj',
    expertDown: 'model.layers.{layer}.mlp.experts.down_proj'
  }
}

const llama: Architecture = {
  name: 'llama',
  classes: ['LlamaForCausalLM'],
  gguf: ['llama'],
  headNorms: 'none',
  norms: 'before',
  normsFromZero: false,
  fusedMatrices: false,
  fullEvery: 1,
  experts: 'none',
  sinks: false,
  configDefaults: {},
  scaledEmbedding: false,
  biases: [],
  windowByDefault: false,
  ggufPermutesHeads: true,
  safetensorsNames,
  ggufNames
}

/** GGUF files of these are not read yet. */
const safetensorsOnly = { gguf: [], ggufPermutesHeads: false }

const gemma2: Architecture = {
  ...llama, ...safetensorsOnly,
  name: 'gemma2',
  classes: ['Gemma2ForCausalLM'],
  norms: 'both',
  normsFromZero: true,
  scaledEmbedding: true,
  configDefaults: { tie_word_embeddings: true, query_pre_attn_scalar: 256, attn_logit_softcapping: 50, final_logit_softcapping: 30, hidden_activation: 'gelu_pytorch_tanh' },
  windowByDefault: true,
  fullEvery: 2,
  safetensorsNames: gemmaNames
}

const architectures: readonly Architecture[] = [
  llama,
  // GGUF files of Mistral models say `llama` or `mistral`
  { ...llama, name: 'mistral', classes: ['MistralForCausalLM'], gguf: ['mistral'], windowByDefault: true },
  { ...llama, name: 'qwen2', classes: ['Qwen2ForCausalLM'], gguf: ['qwen2'], biases: ['qBias', 'kBias', 'vBias'], ggufPermutesHeads: false },
  { ...llama, name: 'qwen3', classes: ['Qwen3ForCausalLM'], gguf: ['qwen3'], headNorms: 'each', ggufPermutesHeads: false },
  gemma2,
  {
    ...gemma2,
    name: 'gemma3',
    classes: ['Gemma3ForCausalLM'],
    headNorms: 'each',
    fullEvery: 6,
    configDefaults: { tie_word_embeddings: true, query_pre_attn_scalar: 256, rope_theta: 1_000_000, rope_local_base_freq: 10_000, hidden_activation: 'gelu_pytorch_tanh' }
  },
  { ...llama, ...safetensorsOnly, name: 'phi3', classes: ['Phi3ForCausalLM'], fusedMatrices: true, windowByDefault: true },
  { ...llama, ...safetensorsOnly, name: 'granite', classes: ['GraniteForCausalLM'] },
  { ...llama, ...safetensorsOnly, name: 'olmo2', classes: ['Olmo2ForCausalLM'], headNorms: 'all', norms: 'behind' },
  { ...llama, ...safetensorsOnly, name: 'smollm3', classes: ['SmolLM3ForCausalLM'], configDefaults: { tie_word_embeddings: true, no_rope_layer_interval: 4 } },
  { ...llama, ...safetensorsOnly, name: 'mixtral', classes: ['MixtralForCausalLM'], experts: 'plain', windowByDefault: true, safetensorsNames: mixtralNames },
  { ...llama, ...safetensorsOnly, name: 'qwen2-moe', classes: ['Qwen2MoeForCausalLM'], experts: 'shared', biases: ['qBias', 'kBias', 'vBias'] },
  {
    ...llama, ...safetensorsOnly,
    name: 'gpt-oss',
    classes: ['GptOssForCausalLM'],
    experts: 'stacked',
    sinks: true,
    windowByDefault: true,
    fullEvery: 2,
    safetensorsNames: gptOssNames
  },
  { ...llama, ...safetensorsOnly, name: 'qwen3-moe', classes: ['Qwen3MoeForCausalLM'], experts: 'routed', headNorms: 'each' }
]

/** @param spelling a name of ours, a class of config.json, or GGUF's word @throws {UnsupportedModelError} naming what there is */
export function architectureOf (by: 'name' | 'classes' | 'gguf', spelling: string): Architecture {
  const found = architectures.find((architecture) => architecture[by] === spelling || (by !== 'name' && architecture[by].includes(spelling)))
  if (found == null) {
    const known = architectures.flatMap((architecture) => architecture[by]).join(', ')
    throw new UnsupportedModelError(`the architecture ${JSON.stringify(spelling)} is not supported yet; supported are ${known}`)
  }
  return found
}
