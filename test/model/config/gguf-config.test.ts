import assert from 'node:assert/strict'
import { configFromGguf, type DescribedModel, type GgufValue, type ModelConfig } from '../../../src/model/index.ts'
import { floats, memorySource } from '../import/sources.ts'

type Changes = Readonly<Record<string, GgufValue | undefined>>

/** Metadata of an architecture: keys without a dot before them that names it get its word. */
async function described (word: string, changes: Changes = {}, tensors: Parameters<typeof memorySource>[0] = []): Promise<DescribedModel> {
  const own: Changes = {
    block_count: 6, embedding_length: 64, feed_forward_length: 96, 'attention.head_count': 4, 'attention.head_count_kv': 2, 'attention.key_length': 32, context_length: 256,
    'attention.layer_norm_rms_epsilon': 1e-6, vocab_size: 8, ...changes
  }
  return await configFromGguf({
    ...memorySource(tensors),
    metadata: new Map<string, GgufValue>([
      ['general.architecture', word],
      ...Object.entries(own).flatMap(([key, value]) => value == null ? [] : [[key.startsWith('tokenizer.') ? key : `${word}.${key}`, value] as const])
    ])
  })
}
const config = async (...given: Parameters<typeof described>): Promise<ModelConfig> => (await described(...given)).config
const experts: Changes = { expert_count: 4, expert_used_count: 2 }

describe('what a GGUF file leaves unsaid', () => {
  it('is by its layers and experts which model it is', async () => {
    for (const [word, changes, architecture] of [
      ['llama', {}, 'llama'], ['llama', { expert_count: 0 }, 'llama'], ['llama', experts, 'mixtral'], ['qwen2moe', experts, 'qwen2-moe'], ['qwen3moe', experts, 'qwen3-moe'], ['gpt-oss', experts, 'gpt-oss'],
      ['gemma2', {}, 'gemma2'], ['gemma3', {}, 'gemma3'], ['phi3', {}, 'phi3'], ['granite', {}, 'granite'], ['olmo2', {}, 'olmo2'], ['smollm3', {}, 'smollm3']
    ] as const) {
      assert.equal((await config(word, changes)).architecture, architecture)
    }
    await assert.rejects(config('phi3', experts), { name: 'UnsupportedModelError', message: /"phi3" with experts is not supported/ })
    await assert.rejects(config('gpt-oss'), { name: 'UnsupportedModelError', message: /"gpt-oss" without experts is not supported/ })
  })

  it('is for Gemma its windows, its caps and how queries are scaled, which is another way in the largest ones', async () => {
    const gemma2 = await config('gemma2')
    assert.deepEqual([gemma2.slidingWindow, gemma2.attentionSoftcap, gemma2.logitSoftcap, gemma2.attentionScale, gemma2.embeddingScale, gemma2.activation, gemma2.tiedEmbedding],
      [[4096, 0, 4096, 0, 4096, 0], 50, 30, 32 ** -0.5, 8, 'geluTanh', true])
    assert.equal((await config('gemma2', { block_count: 46 })).attentionScale, 16 ** -0.5)
    const gemma3 = await config('gemma3', { 'attention.sliding_window': 512 })
    assert.deepEqual([gemma3.slidingWindow, gemma3.attentionSoftcap, gemma3.attentionScale, gemma3.rope.theta, gemma3.localRope?.theta],
      [[512, 512, 512, 512, 512, 0], undefined, 32 ** -0.5, 1_000_000, 10_000])
    assert.equal((await config('gemma3', { block_count: 62, 'attention.sliding_window': 512 })).attentionScale, 16 ** -0.5)
    const scaled = await config('gemma3', { 'rope.scaling.type': 'linear', 'rope.scaling.factor': 8, 'rope.freq_base_swa': 5000 })
    assert.deepEqual([scaled.rope.scaling, scaled.localRope], [{ type: 'linear', factor: 8 }, { theta: 5000, dimensions: 32, scaling: { type: 'none' } }])
  })

  it('is for gpt-oss every second window, where values are cut off, and that the bounds of its rotation are no whole dimensions', async () => {
    const { slidingWindow, experts: of, rope } = await config('gpt-oss', { ...experts, expert_feed_forward_length: 96, 'attention.sliding_window': 128, 'rope.scaling.type': 'yarn', 'rope.scaling.factor': 32 })
    assert.deepEqual(slidingWindow, [128, 0, 128, 0, 128, 0])
    assert.deepEqual(of, { count: 4, perToken: 2, intermediateSize: 96, normalised: false, softmaxOfChosen: true, clamped: { limit: 7, alpha: 1.702 } })
    assert.ok(rope.scaling.type === 'yarn' && !rope.scaling.truncate && rope.scaling.originalContextLength === 256)
  })

  it('is whether experts\' probabilities are made to add up to one, and sizes that the tensors have', async () => {
    const tensors = [floats('blk.0.ffn_gate_exps.weight', 4, 24, 64), floats('blk.0.ffn_gate_shexp.weight', 40, 64), floats('blk.0.ffn_gate_inp.weight', 4, 64), floats('blk.1.ffn_gate.weight', 96, 64)]
    assert.deepEqual((await config('llama', experts)).experts, { count: 4, perToken: 2, intermediateSize: 96, normalised: true })
    assert.deepEqual((await config('qwen3moe', { ...experts, expert_feed_forward_length: 48 })).experts, { count: 4, perToken: 2, intermediateSize: 48, normalised: true })
    assert.deepEqual((await config('qwen2moe', experts, tensors)).experts, { count: 4, perToken: 2, intermediateSize: 24, normalised: false, sharedIntermediateSize: 40, denseLayers: [1] })
    assert.equal((await config('qwen3moe', { ...experts, expert_weights_norm: false })).experts?.normalised, false)
  })

  it('is which layers of SmolLM3 are not rotated', async () => {
    assert.deepEqual((await config('smollm3')).unrotatedLayers, [3])
  })
})

describe('what a GGUF file says', () => {
  it('counts before what its architecture means', async () => {
    const granite = await config('granite', { 'attention.scale': 0.25, embedding_scale: 12, residual_scale: 0.5, logit_scale: 8 })
    assert.deepEqual([granite.attentionScale, granite.embeddingScale, granite.residualScale, granite.logitScale], [0.25, 12, 0.5, 1 / 8])
    const pattern = { 'attention.sliding_window': 16, 'attention.sliding_window_pattern': [true, false, true, true, false, false] }
    assert.deepEqual((await config('gemma3', pattern)).slidingWindow, [16, 0, 16, 16, 0, 0])
    assert.deepEqual((await config('gemma3', { ...pattern, 'attention.sliding_window_pattern': 3 })).slidingWindow, [16, 16, 0, 16, 16, 0])
    assert.deepEqual((await config('gemma3', { ...pattern, 'attention.sliding_window_pattern': 0 })).slidingWindow, [16, 16, 16, 16, 16, 16])
    assert.deepEqual((await config('phi3', { 'attention.sliding_window': 0 })).slidingWindow, [0, 0, 0, 0, 0, 0])
  })

  it('is the rotation by yarn', async () => {
    const yarn: Changes = { 'rope.scaling.type': 'yarn', 'rope.scaling.factor': 4, 'rope.scaling.original_context_length': 64 }
    const usual = 0.1 * Math.log(4) + 1
    for (const [changes, attentionFactor, betaFast] of [
      [{}, usual, 32], [{ 'rope.scaling.yarn_attn_factor': 1.5, 'rope.scaling.yarn_beta_fast': 16 }, 1.5, 16], [{ 'rope.scaling.attn_factor': 2 }, 2 * usual, 32]
    ] as const) {
      assert.deepEqual((await config('qwen3', { ...yarn, ...changes })).rope.scaling, { type: 'yarn', factor: 4, originalContextLength: 64, betaFast, betaSlow: 1, attentionFactor, truncate: true })
    }
  })

  it('is the rotation by two lists of factors, of a part of each head', async () => {
    const lists = [floats('rope_factors_long.weight', 4), floats('rope_factors_short.weight', 4)].map((tensor, index) => ({ ...tensor, bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4 + index).buffer) }))
    const long: Changes = { 'rope.dimension_count': 8, 'rope.scaling.original_context_length': 32, 'rope.scaling.attn_factor': 1.25 }
    assert.deepEqual((await config('phi3', long, lists)).rope, {
      theta: 10_000, dimensions: 8, scaling: { type: 'longrope', longFactors: [1, 2, 3, 4], shortFactors: [1, 2, 3, 5], originalContextLength: 32, attentionFactor: 1.25 }
    })
    await assert.rejects(config('phi3', long, lists.slice(0, 1)), { name: 'FormatError', message: /rope_factors_short\.weight is missing/ })
    await assert.rejects(config('phi3', { ...long, 'rope.dimension_count': 16 }, lists), { name: 'FormatError', message: /rope_factors_long\.weight .* not 8 float32/ })
    await assert.rejects(config('phi3', { ...long, 'rope.scaling.original_context_length': undefined }, lists), { name: 'FormatError', message: /GGUF metadata.*longrope lacks original/ })
  })

  it('ends a text at what its tokens are called too', async () => {
    const ends = async (tokens: string[], types: number[]): Promise<readonly number[]> =>
      (await config('llama', { vocab_size: undefined, 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.token_type': types, 'tokenizer.ggml.eos_token_id': 0 })).eosTokenIds
    assert.deepEqual(await ends(['</s>', '<|end|>', '<end_of_turn>', 'x'], [3, 3, 4, 1]), [0, 1, 2])
    assert.deepEqual(await ends(['</s>', '<|end|>'], [3, 1]), [0])
    // a message of several ends with <|end|> there
    assert.deepEqual(await ends(['<|endoftext|>', '<|end|>', '<|return|>', '<|call|>'], [3, 3, 3, 3]), [0, 2, 3])
  })

  it('is refused where it makes a later model of the same name', async () => {
    await assert.rejects(config('olmo2', { 'attention.sliding_window': 4096 }), { name: 'UnsupportedModelError', message: /olmo2 with attention\.sliding_window/ })
  })
})
