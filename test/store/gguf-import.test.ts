import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { importModel, modelStore } from '../../src/store/index.ts'
import { ggufOfFolder, type Conversion } from '../support/llama-cpp/convert.ts'
import { fixtureFolder, imported, type tinyModels } from '../support/reference.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

const written = async (name: typeof tinyModels[number], conversion: Conversion): Promise<string> => {
  const path = join(await temporaryFolder(), 'model.gguf')
  await ggufOfFolder(`${fixtureFolder}models/${name}`, path, conversion)
  return path
}
const without = (tensor: string): Conversion => ({ tensors: (tensors) => { tensors.delete(tensor) } })
const values = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((product, size) => product * size, 1)) })
const reshaped = (tensor: string, ...shape: number[]): Conversion => ({ tensors: (tensors) => { tensors.set(tensor, values(...shape)) } })
const said = (changes: Parameters<NonNullable<Conversion['metadata']>>[0]): Conversion => ({ metadata: (metadata) => { Object.assign(metadata, changes) } })

describe('a GGUF file that is not what it says', () => {
  after(removeFolders)

  for (const [name, what, conversion, message] of [
    ['mixtral', 'lacks the experts of a layer', without('blk.2.ffn_up_exps.weight'), /blk\.2\.ffn_up_exps\.weight is missing/],
    ['mixtral', 'has fewer experts', reshaped('blk.1.ffn_down_exps.weight', 3, 64, 96), /blk\.1\.ffn_down_exps\.weight is \[3, 64, 96\], the configuration asks for \[4, 64, 96\]/],
    ['mixtral', 'has its experts one by one', reshaped('blk.0.ffn_gate.0.weight', 96, 64), /blk\.0\.ffn_gate\.0\.weight belongs to nothing/],
    ['qwen2-moe', 'lacks a router', without('blk.0.ffn_gate_inp.weight'), /blk\.0\.ffn_gate_inp\.weight is missing/],
    ['qwen2-moe', 'lacks the shared expert\'s gate', without('blk.0.ffn_gate_inp_shexp.weight'), /blk\.0\.ffn_gate_inp_shexp\.weight is missing/],
    ['qwen2-moe', 'has a longer gate', reshaped('blk.0.ffn_gate_inp_shexp.weight', 65), /blk\.0\.ffn_gate_inp_shexp\.weight is \[65\], the configuration asks for \[64\]/],
    ['gpt-oss', 'lacks sinks', without('blk.3.attn_sinks.weight'), /blk\.3\.attn_sinks\.weight is missing/],
    ['gpt-oss', 'lacks biases of experts', without('blk.0.ffn_up_exps.bias'), /blk\.0\.ffn_up_exps\.bias is missing/],
    ['gemma2', 'lacks a norm', without('blk.0.post_ffw_norm.weight'), /blk\.0\.post_ffw_norm\.weight is missing/],
    ['olmo2', 'has norms of one head', reshaped('blk.0.attn_q_norm.weight', 16), /blk\.0\.attn_q_norm\.weight is \[16\], the configuration asks for \[64\]/],
    ['phi3', 'has fewer rows of queries, keys and values', reshaped('blk.0.attn_qkv.weight', 160, 64), /blk\.0\.attn_qkv\.weight is \[160, 64\], the configuration asks for \[192, 64\]/],
    ['phi3', 'has the gate by itself', reshaped('blk.0.ffn_gate.weight', 96, 64), /blk\.0\.ffn_gate\.weight belongs to nothing/],
    ['granite', 'is of an architecture that is not known', said({ 'general.architecture': 'granitehybrid' }), /"granitehybrid" is not supported yet; supported are llama, .*gpt-oss/],
    ['granite', 'is one of several parts', said({ 'split.count': { u32: 3 } }), /one of 3 parts.*llama-gguf-split --merge/],
    ['granite', 'cuts text in a way that is not known', said({ 'tokenizer.ggml.pre': 'superbpe' }), /"superbpe" is not supported yet; supported are gpt-2/],
    ['gemma3', 'has a vocabulary of a kind that is not known', said({ 'tokenizer.ggml.model': 't5' }), /"t5" is not supported yet; supported are gpt2/]
  ] as const) {
    it(`is refused: ${name} that ${what}`, async () => {
      const path = await written(name, conversion)
      const store = await modelStore(await temporaryFolder())
      await assert.rejects(importModel({ source: path, name: 'm', store }), (error) => error instanceof Error && ['FormatError', 'UnsupportedModelError'].includes(error.name) && message.test(error.message))
      assert.deepEqual(await readdir(store.blobs.folder), [])
    })
  }

  it('may have the shared expert\'s gate as a matrix of one row', async () => {
    const alter: Conversion = { tensors: (tensors) => { tensors.forEach((tensor, name) => { if (name.includes('inp_shexp')) tensors.set(name, { ...tensor, shape: [1, 64] }) }) } }
    const [matrix, vector] = [await imported(await written('qwen2-moe', alter)), await imported(await written('qwen2-moe', {}))]
    assert.equal(matrix.modelId, vector.modelId)
  })

  it('may have gate and up of an expert in different types', async () => {
    const { manifest } = await imported(await written('gpt-oss', { expertType: 'MXFP4', typeOf: (name) => name.includes('ffn_up_exps') ? 'F32' : undefined }))
    const names = manifest.layers[0]?.tensors.map((tensor) => `${tensor.name} ${tensor.kind}`) ?? []
    assert.deepEqual(names.filter((name) => name.startsWith('experts.1.')), ['experts.1.gateUpBias dense', 'experts.1.downBias dense', 'experts.1.gate blocks', 'experts.1.up dense', 'experts.1.down blocks'])
  })
})
