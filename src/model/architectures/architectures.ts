import { UnsupportedModelError } from '../errors.ts'
import { ggufNames, gptOssGgufNames } from './gguf-names.ts'
import { gemmaNames, gptOssNames, mixtralNames, safetensorsNames } from './safetensors-names.ts'
import type { Architecture } from './architecture.ts'

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
  ggufDefaults: {},
  ggufWideScaleAt: 0,
  ggufRefuses: [],
  ggufYarnTruncates: true,
  ggufTrimsBehindSpecials: false,
  safetensorsNames,
  ggufNames
}

const gemma2: Architecture = {
  ...llama,
  name: 'gemma2',
  classes: ['Gemma2ForCausalLM'],
  gguf: ['gemma2'],
  ggufPermutesHeads: false,
  ggufDefaults: { sliding_window: 4096 },
  ggufWideScaleAt: 46,
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
    gguf: ['gemma3'],
    ggufDefaults: {},
    ggufWideScaleAt: 62,
    headNorms: 'each',
    fullEvery: 6,
    configDefaults: { tie_word_embeddings: true, query_pre_attn_scalar: 256, rope_theta: 1_000_000, rope_local_base_freq: 10_000, hidden_activation: 'gelu_pytorch_tanh' }
  },
  { ...llama, name: 'phi3', classes: ['Phi3ForCausalLM'], gguf: ['phi3'], fusedMatrices: true, windowByDefault: true, ggufPermutesHeads: false, ggufTrimsBehindSpecials: true },
  { ...llama, name: 'granite', classes: ['GraniteForCausalLM'], gguf: ['granite'] },
  // Olmo 3 has windows and goes by the same word
  { ...llama, name: 'olmo2', classes: ['Olmo2ForCausalLM'], gguf: ['olmo2'], headNorms: 'all', norms: 'behind', ggufPermutesHeads: false, ggufRefuses: ['attention.sliding_window'] },
  { ...llama, name: 'smollm3', classes: ['SmolLM3ForCausalLM'], gguf: ['smollm3'], configDefaults: { tie_word_embeddings: true, no_rope_layer_interval: 4 } },
  { ...llama, name: 'mixtral', classes: ['MixtralForCausalLM'], gguf: ['llama'], experts: 'plain', windowByDefault: true, safetensorsNames: mixtralNames },
  { ...llama, name: 'qwen2-moe', classes: ['Qwen2MoeForCausalLM'], gguf: ['qwen2moe'], experts: 'shared', biases: ['qBias', 'kBias', 'vBias'], ggufPermutesHeads: false },
  {
    ...llama,
    name: 'gpt-oss',
    classes: ['GptOssForCausalLM'],
    gguf: ['gpt-oss'],
    experts: 'clamped',
    sinks: true,
    windowByDefault: true,
    fullEvery: 2,
    ggufPermutesHeads: false,
    ggufYarnTruncates: false,
    safetensorsNames: gptOssNames,
    ggufNames: gptOssGgufNames
  },
  {
    ...llama,
    name: 'qwen3-moe',
    classes: ['Qwen3MoeForCausalLM'],
    gguf: ['qwen3moe'],
    experts: 'routed',
    headNorms: 'each',
    ggufPermutesHeads: false,
    ggufDefaults: { norm_topk_prob: true }
  }
]

/**
 * @param spelling a name of ours, a class of config.json, or GGUF's word
 * @param hasExperts of a GGUF file, whose word may stand for a model with experts and for one without
 * @throws {UnsupportedModelError} naming what there is
 */
export function architectureOf (by: 'name' | 'classes' | 'gguf', spelling: string, hasExperts?: boolean): Architecture {
  const named = architectures.filter((architecture) => architecture[by] === spelling || (by !== 'name' && architecture[by].includes(spelling)))
  const found = named.find(({ experts }) => hasExperts == null || hasExperts === (experts !== 'none'))
  if (found == null) {
    const known = [...new Set(architectures.flatMap((architecture) => architecture[by]))].join(', ')
    const which = named.length === 0 ? '' : hasExperts === true ? ' with experts' : ' without experts'
    throw new UnsupportedModelError(`the architecture ${JSON.stringify(spelling)}${which} is not supported yet; supported are ${known}`)
  }
  return found
}
