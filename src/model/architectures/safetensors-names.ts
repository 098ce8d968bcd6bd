import type { TensorNames } from './architecture.ts'

/** Names of hub repositories. */
export const safetensorsNames: TensorNames = {
  experts: 'single',
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
    expertGateBias: 'model.layers.{layer}.mlp.experts.gate_up_proj_bias',
    expertUpBias: 'model.layers.{layer}.mlp.experts.gate_up_proj_bias',
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

/** Gemma's names: norms before and behind. */
export const gemmaNames: TensorNames = {
  ...safetensorsNames,
  layer: { ...safetensorsNames.layer, mlpNorm: 'model.layers.{layer}.pre_feedforward_layernorm.weight' }
}

export const mixtralNames: TensorNames = {
  ...safetensorsNames,
  layer: {
    ...safetensorsNames.layer,
    router: 'model.layers.{layer}.block_sparse_moe.gate.weight',
    expertGate: 'model.layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight',
    expertUp: 'model.layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight',
    expertDown: 'model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight'
  }
}

export const gptOssNames: TensorNames = {
  ...safetensorsNames,
  experts: 'transposed',
  layer: {
    ...safetensorsNames.layer,
    router: 'model.layers.{layer}.mlp.router.weight',
    expertGate: 'model.layers.{layer}.mlp.experts.gate_up_proj',
    expertUp: 'model.layers.{layer}.mlp.experts.gate_up_proj',
    expertDown: 'model.layers.{layer}.mlp.experts.down_proj'
  }
}
