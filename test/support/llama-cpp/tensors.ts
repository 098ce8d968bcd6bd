/**
 * A Hugging Face model's tensors as llama.cpp's converter names, reorders and stacks them. Written from the converter's source
 * (conversion/*.py, formerly convert_hf_to_gguf.py, and gguf-py's tensor_mapping.py), not from what the importer expects.
 */
import type { HubConfig } from './metadata.ts'

export interface Values {
  readonly shape: readonly number[]
  readonly values: Float32Array
}
export type Tensors = ReadonlyMap<string, Values>

/** gguf-py, tensor_mapping.py and constants.py: what stands behind `model.layers.N.` and behind `blk.N.`. */
const layerNames: Readonly<Record<string, string>> = {
  'input_layernorm.weight': 'attn_norm.weight',
  'post_attention_layernorm.weight': 'ffn_norm.weight',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.qkv_proj': 'attn_qkv',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'self_attn.sinks': 'attn_sinks.weight',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  'mlp.gate_up_proj': 'ffn_up',
  'mlp.gate.weight': 'ffn_gate_inp.weight',
  'mlp.router': 'ffn_gate_inp',
  'block_sparse_moe.gate': 'ffn_gate_inp',
  'mlp.shared_expert_gate': 'ffn_gate_inp_shexp',
  'mlp.shared_expert.gate_proj': 'ffn_gate_shexp',
  'mlp.shared_expert.up_proj': 'ffn_up_shexp',
  'mlp.shared_expert.down_proj': 'ffn_down_shexp'
}
const modelNames: Readonly<Record<string, string>> = { 'model.embed_tokens.weight': 'token_embd.weight', 'model.norm.weight': 'output_norm.weight', 'lm_head.weight': 'output.weight' }

/** The same name stands for another tensor where norms are behind the sublayers too, and in gpt-oss (MODEL_TENSORS of each architecture). */
const gemma: Readonly<Record<string, string>> = {
  'post_attention_layernorm.weight': 'post_attention_norm.weight', 'pre_feedforward_layernorm.weight': 'ffn_norm.weight', 'post_feedforward_layernorm.weight': 'post_ffw_norm.weight'
}
const ownNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gemma2: gemma, gemma3_text: gemma, olmo2: gemma, gpt_oss: { 'post_attention_layernorm.weight': 'post_attention_norm.weight' }
}

/** LlamaModel.modify_tensors: Llama, Mistral, Mixtral, and its subclasses SmolLM3Model and GraniteModel. */
const permuted = new Set(['llama', 'mistral', 'mixtral', 'smollm3', 'granite'])
/** Gemma2Model.modify_tensors and Gemma3Model.norm_shift. */
const shifted = new Set(['gemma2', 'gemma3_text'])

/** LlamaModel.permute: `[heads, 2, half, …]` becomes `[heads, half, 2, …]`. */
function permute ({ shape, values }: Values, heads: number): Values {
  const [rows = 0] = shape
  const columns = values.length / rows
  const half = rows / heads / 2
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / (2 * half)), row % (2 * half)]
    const to = head * 2 * half + (within % half) * 2 + Math.floor(within / half)
    out.set(values.subarray(row * columns, (row + 1) * columns), to * columns)
  }
  return { shape, values: out }
}

function layerName (type: string, name: string): string {
  const own = ownNames[type]?.[name] ?? layerNames[name]
  if (own != null) return own
  const [stem, suffix] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)]
  const known = layerNames[stem]
  if (known == null) throw new Error(`the converter has no name for ${name}`)
  return `${known}.${suffix}`
}

const stack = (parts: readonly Values[]): Values => ({ shape: [parts.length, ...parts[0]?.shape ?? []], values: Float32Array.from(parts.flatMap(({ values }) => [...values])) })

/** `[experts, a, b]` as `[experts, b, a]`. */
function transpose ({ shape: [experts = 0, a = 0, b = 0], values }: Values): Values {
  return { shape: [experts, b, a], values: values.map((_, index) => values[Math.floor(index / (a * b)) * a * b + (index % a) * b + Math.floor(index / a) % b] ?? NaN) }
}

/** Every second row of the last but one dimension (of the last one, of a bias): `[:, offset::2]`. */
function alternate ({ shape, values }: Values, offset: number, rowLength: number): Values {
  const rows = Array.from({ length: values.length / rowLength / 2 }, (_, row) => values.subarray((2 * row + offset) * rowLength, (2 * row + offset + 1) * rowLength))
  const axis = rowLength === 1 ? shape.length - 1 : shape.length - 2
  return { shape: shape.map((size, at) => at === axis ? size / 2 : size), values: Float32Array.from(rows.flatMap((row) => [...row])) }
}

export function convert (source: Tensors, config: HubConfig): Tensors {
  const out = new Map<string, Values>()
  const type = config.model_type
  const experts = new Map<string, Values[]>()
  for (const [name, given] of source) {
    const inLayer = /^model\.layers\.(\d+)\.(.*)$/.exec(name)
    let tensor = given
    if (shifted.has(type) && name.endsWith('norm.weight')) tensor = { ...tensor, values: tensor.values.map((value) => value + 1) }
    if (inLayer == null) {
      const known = modelNames[name]
      if (known == null) throw new Error(`the converter has no name for ${name}`)
      // Gemma2Model.filter_tensors: the head is the embedding
      if (!(shifted.has(type) && known === 'output.weight')) out.set(known, tensor)
      continue
    }
    const [, layer = '', rest = ''] = inLayer
    const put = (own: string, value: Values): void => { out.set(`blk.${layer}.${own}`, value) }
    if (permuted.has(type) && /self_attn\.q_proj\./.test(rest)) tensor = permute(tensor, config.num_attention_heads)
    if (permuted.has(type) && /self_attn\.k_proj\./.test(rest)) tensor = permute(tensor, config.num_key_value_heads)
    // LlamaModel and Qwen2MoeModel.modify_tensors: experts of a layer in one tensor
    const single = /^(?:block_sparse_moe|mlp)\.experts\.(\d+)\.(\w+)\.weight$/.exec(rest)
    if (single != null) {
      const [, expert = '', matrix = ''] = single
      const key = `blk.${layer}.ffn_${{ w1: 'gate', w2: 'down', w3: 'up', gate_proj: 'gate', down_proj: 'down', up_proj: 'up' }[matrix] ?? ''}_exps.weight`
      const list = experts.get(key) ?? []
      list[Number(expert)] = tensor
      experts.set(key, list)
    } else if (rest === 'mlp.experts.gate_up_proj') {
      // GptOssModel.modify_tensors: transposed, then gate and up apart
      const rows = transpose(tensor)
      put('ffn_gate_exps.weight', alternate(rows, 0, config.hidden_size))
      put('ffn_up_exps.weight', alternate(rows, 1, config.hidden_size))
    } else if (rest === 'mlp.experts.gate_up_proj_bias') {
      put('ffn_gate_exps.bias', alternate(tensor, 0, 1))
      put('ffn_up_exps.bias', alternate(tensor, 1, 1))
    } else if (rest === 'mlp.experts.down_proj') {
      put('ffn_down_exps.weight', transpose(tensor))
    } else if (rest === 'mlp.experts.down_proj_bias') {
      put('ffn_down_exps.bias', tensor)
    } else {
      // ModelBase.prepare_tensors drops dimensions of one: the shared expert's gate is a vector
      put(layerName(type, rest), rest === 'mlp.shared_expert_gate.weight' ? { ...tensor, shape: tensor.shape.slice(1) } : tensor)
    }
  }
  for (const [key, list] of experts) out.set(key, stack(list))
  return out
}
