import type { TensorNames } from './architecture.ts'

/** llama.cpp's names (gguf-py, constants.py). */
export const ggufNames: TensorNames = {
  experts: 'stacked',
  // part of the configuration: see `gguf-rope.ts`
  beside: /^(rope_freqs|rope_factors_(long|short))\.weight$/,
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
    router: 'blk.{layer}.ffn_gate_inp.weight',
    expertGate: 'blk.{layer}.ffn_gate_exps.weight',
    expertUp: 'blk.{layer}.ffn_up_exps.weight',
    expertDown: 'blk.{layer}.ffn_down_exps.weight',
    routerBias: 'blk.{layer}.ffn_gate_inp.bias',
    sinks: 'blk.{layer}.attn_sinks.weight',
    expertGateBias: 'blk.{layer}.ffn_gate_exps.bias',
    expertUpBias: 'blk.{layer}.ffn_up_exps.bias',
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

/** gpt-oss: the norm before the experts is called one behind the attention. */
export const gptOssGgufNames: TensorNames = {
  ...ggufNames,
  layer: { ...ggufNames.layer, mlpNorm: ggufNames.layer.attnPostNorm }
}
