import { UnsupportedModelError } from '../errors.ts'

/** What one tensor of a model is for, whatever its file calls it. */
export type LayerRole =
  | 'attnNorm' | 'q' | 'k' | 'v' | 'o' | 'qBias' | 'kBias' | 'vBias' | 'oBias' | 'qNorm' | 'kNorm'
  | 'mlpNorm' | 'gate' | 'up' | 'down' | 'gateBias' | 'upBias' | 'downBias'
export type ModelRole = 'embedding' | 'norm' | 'head'

/** How one file format names tensors. `{layer}` stands for the layer's number. */
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
  /** An RMS norm for each head of q and k before the rotation. */
  readonly headNorms: boolean
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
    oBias: 'model.layers.{layer}.self_attn.o_proj.bias',
    qNorm: 'model.layers.{layer}.self_attn.q_norm.weight',
    kNorm: 'model.layers.{layer}.self_attn.k_norm.weight',
    mlpNorm: 'model.layers.{layer}.post_attention_layernorm.weight',
    gate: 'model.layers.{layer}.mlp.gate_proj.weight',
    up: 'model.layers.{layer}.mlp.up_proj.weight',
    down: 'model.layers.{layer}.mlp.down_proj.weight',
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
    oBias: 'blk.{layer}.attn_output.bias',
    qNorm: 'blk.{layer}.attn_q_norm.weight',
    kNorm: 'blk.{layer}.attn_k_norm.weight',
    mlpNorm: 'blk.{layer}.ffn_norm.weight',
    gate: 'blk.{layer}.ffn_gate.weight',
    up: 'blk.{layer}.ffn_up.weight',
    down: 'blk.{layer}.ffn_down.weight',
    gateBias: 'blk.{layer}.ffn_gate.bias',
    upBias: 'blk.{layer}.ffn_up.bias',
    downBias: 'blk.{layer}.ffn_down.bias'
  }
}

const llama: Architecture = {
  name: 'llama',
  classes: ['LlamaForCausalLM'],
  gguf: ['llama'],
  headNorms: false,
  biases: [],
  windowByDefault: false,
  ggufPermutesHeads: true,
  safetensorsNames,
  ggufNames
}

const architectures: readonly Architecture[] = [
  llama,
  // GGUF files of Mistral models say `llama` or `mistral`
  { ...llama, name: 'mistral', classes: ['MistralForCausalLM'], gguf: ['mistral'], windowByDefault: true },
  { ...llama, name: 'qwen2', classes: ['Qwen2ForCausalLM'], gguf: ['qwen2'], biases: ['qBias', 'kBias', 'vBias'], ggufPermutesHeads: false },
  { ...llama, name: 'qwen3', classes: ['Qwen3ForCausalLM'], gguf: ['qwen3'], headNorms: true, ggufPermutesHeads: false }
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
