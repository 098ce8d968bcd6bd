import assert from 'node:assert/strict'
import { configFromGguf, configFromHuggingFace, type GgufFile, type GgufValue, type ModelConfig } from '../../../src/model/index.ts'
import { fixture } from '../formats/files.ts'
import { floats, memorySource } from '../import/sources.ts'
import { tinyModels } from '../../support/reference.ts'

const json = (path: string): Record<string, unknown> => JSON.parse(new TextDecoder().decode(fixture(path))) as Record<string, unknown>
const hub = (model: string, changes: object = {}, generation?: unknown): ModelConfig => configFromHuggingFace({ ...json(`models/${model}/config.hub.json`), ...changes }, generation).config

const metadata: Readonly<Record<string, GgufValue>> = {
  'general.architecture': 'llama', 'llama.block_count': 2, 'llama.embedding_length': 64, 'llama.feed_forward_length': 128, 'llama.attention.head_count': 4,
  'llama.attention.head_count_kv': 2, 'llama.context_length': 256, 'llama.attention.layer_norm_rms_epsilon': 1e-5, 'llama.rope.freq_base': 500_000, 'tokenizer.ggml.tokens': ['a', 'b', 'c'],
  'tokenizer.ggml.eos_token_id': 2
}
const file = (changes: Readonly<Record<string, GgufValue | undefined>> = {}, tensors: Parameters<typeof memorySource>[0] = []): GgufFile => ({
  ...memorySource([floats('output.weight', 3, 64), ...tensors]),
  metadata: new Map(Object.entries({ ...metadata, ...changes }).flatMap(([key, value]) => value == null ? [] : [[key, value] as const]))
})
const gguf = async (...given: Parameters<typeof file>): Promise<ModelConfig> => (await configFromGguf(file(...given))).config

describe('a configuration of Hugging Face', () => {
  for (const model of tinyModels) {
    it(`of ${model} means the same in both spellings`, () => {
      assert.deepEqual(configFromHuggingFace(json(`models/${model}/config.json`)), configFromHuggingFace(json(`models/${model}/config.hub.json`)))
    })
  }

  it('has windows where its model has them', () => {
    assert.deepEqual(hub('mistral-swa').slidingWindow, [16, 16, 16, 16])
    assert.deepEqual(hub('mistral-swa', { sliding_window: null }).slidingWindow, [0, 0, 0, 0])
    assert.deepEqual(hub('qwen2').slidingWindow, [0, 0, 0, 0])
    assert.deepEqual(hub('qwen2', { use_sliding_window: true }).slidingWindow, [0, 0, 16, 16])
    assert.deepEqual(hub('qwen2', { use_sliding_window: true, layer_types: ['sliding_attention', 'full_attention', 'full_attention', 'sliding_attention'] }).slidingWindow, [16, 0, 0, 16])
  })

  it('ends texts at the ids of both of its files', () => {
    assert.deepEqual(hub('llama', { eos_token_id: [7, 2] }, { eos_token_id: [5, 7] }).eosTokenIds, [2, 5, 7])
    assert.deepEqual(hub('llama', { eos_token_id: null }).eosTokenIds, [])
    assert.throws(() => hub('llama', {}, { eos_token_id: 'x' }), /generation_config/)
  })

  it('scales its rotation as either spelling says', () => {
    assert.deepEqual(hub('llama', { rope_scaling: { type: 'linear', factor: 4 } }).rope.scaling, { type: 'linear', factor: 4 })
    assert.deepEqual(hub('llama3-rope').rope.scaling, { type: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 64 })
    assert.throws(() => hub('llama', { rope_scaling: { type: 'linear' } }), /lacks factor/)
  })

  it('names the biases that its tensors must have', () => {
    assert.deepEqual(configFromHuggingFace(json('models/qwen2/config.json')).biases, ['qBias', 'kBias', 'vBias'])
    assert.equal(configFromHuggingFace(json('models/llama3-rope/config.json')).biases.length, 7)
  })

  for (const value of [null, 1, 'x', [], {}, { architectures: [] }, { architectures: ['LlamaForCausalLM'] }, { architectures: [1] }]) {
    it(`is refused where it is ${JSON.stringify(value)}`, () => {
      assert.throws(() => configFromHuggingFace(value), { name: 'FormatError' })
    })
  }
})

describe('a configuration that is silent', () => {
  const silent = (model: string, ...keys: string[]): Record<string, unknown> =>
    Object.fromEntries(Object.entries(json(`models/${model}/config.hub.json`)).filter(([key]) => !keys.includes(key)))

  it('means for Gemma what transformers takes it to mean', () => {
    const { config } = configFromHuggingFace(silent('gemma2', 'tie_word_embeddings', 'query_pre_attn_scalar', 'attn_logit_softcapping', 'final_logit_softcapping', 'hidden_activation', 'hidden_act'))
    assert.deepEqual([config.tiedEmbedding, config.attentionScale, config.attentionSoftcap, config.logitSoftcap, config.activation], [true, 1 / 16, 50, 30, 'geluTanh'])
    const gemma3 = configFromHuggingFace(silent('gemma3', 'rope_local_base_freq', 'attn_logit_softcapping')).config
    assert.deepEqual([gemma3.localRope?.theta, gemma3.attentionSoftcap], [10_000, undefined])
  })

  it('leaves every fourth layer of SmolLM3 unrotated', () => {
    assert.deepEqual(configFromHuggingFace(silent('smollm3', 'no_rope_layers', 'no_rope_layer_interval')).config.unrotatedLayers, [3])
  })
})

describe('the metadata of a GGUF file', () => {
  it('says what a configuration says', async () => {
    const config = await gguf()
    assert.deepEqual(config, {
      architecture: 'llama', hiddenSize: 64, intermediateSize: 128, layerCount: 2, headCount: 4, kvHeadCount: 2, headDim: 16, vocabSize: 3, contextLength: 256, normEpsilon: 1e-5,
      rope: { theta: 500_000, dimensions: 16, scaling: { type: 'none' } }, slidingWindow: [0, 0], tiedEmbedding: false, eosTokenIds: [2]
    })
  })

  it('may leave out what has a usual value', async () => {
    const config = await gguf({ 'llama.attention.head_count_kv': undefined, 'llama.rope.freq_base': undefined, 'llama.vocab_size': 3, 'tokenizer.ggml.tokens': undefined })
    assert.deepEqual([config.kvHeadCount, config.rope.theta, config.vocabSize], [4, 10_000, 3])
  })

  it('has the length of a head, windows and two ends of text where it says so', async () => {
    const config = await gguf({ 'llama.attention.key_length': 32, 'llama.rope.dimension_count': 32, 'llama.attention.sliding_window': 16, 'tokenizer.ggml.eot_token_id': 1 })
    assert.deepEqual([config.headDim, config.slidingWindow, config.eosTokenIds], [32, [16, 16], [1, 2]])
  })

  for (const [what, changes, scaling] of [
    ['by a type and a factor', { 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': 4 }, { type: 'linear', factor: 4 }],
    ['by a factor alone', { 'llama.rope.scaling.factor': 4 }, { type: 'linear', factor: 4 }],
    ['by the older key', { 'llama.rope.scale_linear': 2 }, { type: 'linear', factor: 2 }],
    ['not at all', { 'llama.rope.scaling.type': 'none', 'llama.rope.scaling.factor': 4 }, { type: 'none' }]
  ] as const) {
    it(`scales the rotation ${what}`, async () => {
      assert.deepEqual((await gguf(changes)).rope.scaling, scaling)
    })
  }

  it('scales the rotation by a tensor of factors', async () => {
    const factors = { ...floats('rope_freqs.weight', 8), bytes: new Uint8Array(Float32Array.from({ length: 8 }, (_, index) => index + 1).buffer) }
    assert.deepEqual((await gguf({}, [factors])).rope.scaling, { type: 'factors', factors: [1, 2, 3, 4, 5, 6, 7, 8] })
    await assert.rejects(gguf({}, [floats('rope_freqs.weight', 7)]), { name: 'FormatError', message: /rope_freqs/ })
    await assert.rejects(gguf({}, [floats('rope_freqs.weight', 8)]), { name: 'FormatError' })
  })

  for (const [changes, message] of [
    [{ 'general.architecture': undefined }, /which architecture/],
    [{ 'general.architecture': 'mamba' }, /"mamba" is not supported yet; supported are llama/],
    [{ 'llama.block_count': undefined }, /lacks llama\.block_count/],
    [{ 'llama.block_count': 0 }, /layerCount/],
    [{ 'llama.block_count': 'two' }, /block_count .* not a number/],
    [{ 'llama.attention.head_count': 0 }, /headCount/],
    [{ 'llama.attention.head_count': [4, 4] }, /head_count .* not a number/],
    [{ 'llama.attention.head_count_kv': 3 }, /3 key-value heads/],
    [{ 'llama.embedding_length': 2n ** 60n }, /embedding_length/],
    [{ 'llama.attention.layer_norm_rms_epsilon': Number.NaN }, /layer_norm_rms_epsilon/],
    [{ 'llama.rope.freq_base': Number.POSITIVE_INFINITY }, /theta/],
    [{ 'llama.rope.dimension_count': 7 }, /7 of a head's 16 dimensions can't be rotated/],
    [{ 'llama.rope.dimension_count': 18 }, /18 of a head's 16 dimensions can't be rotated/],
    [{ 'llama.rope.scaling.type': 'dynamic', 'llama.rope.scaling.factor': 4 }, /"dynamic" is not supported yet; supported are none, linear, yarn/],
    [{ 'llama.rope.scaling.type': 'yarn' }, /factor/],
    [{ 'llama.rope.scaling.type': 'yarn', 'llama.rope.scaling.factor': 4, 'llama.rope.scaling.yarn_ext_factor': 0.5 }, /extrapolation factor of 0.5/],
    [{ 'llama.rope.scaling.type': 4 }, /rope\.scaling\.type .* not a text/],
    [{ 'llama.attention.temperature_scale': 0.1 }, /llama\.attention\.temperature_scale = 0\.1/],
    [{ 'llama.attention.causal': false }, /attention\.causal/],
    [{ 'llama.expert_count': 4, 'llama.expert_used_count': 2, 'llama.expert_gating_func': 2 }, /expert_gating_func = 2/],
    [{ 'llama.expert_count': 4 }, /lacks llama\.expert_used_count/],
    [{ 'llama.expert_count': 4, 'llama.expert_used_count': 5 }, /5 experts of 4/],
    [{ 'llama.attention.sliding_window_pattern': ['a'] }, /sliding_window_pattern .* not a list of numbers/],
    [{ 'tokenizer.ggml.eos_token_id': 3 }, /end-of-text id 3 is outside/]
  ] as const) {
    it(`is refused by name with ${Object.entries(changes).map(([key, value]) => `${key} = ${String(value)}`).join(', ')}`, async () => {
      await assert.rejects(gguf(changes), (error) => error instanceof Error && ['FormatError', 'UnsupportedModelError'].includes(error.name) && message.test(error.message))
    })
  }
})
