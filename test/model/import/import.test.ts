import assert from 'node:assert/strict'
import {
  architectureOf, asFloat32, configFromHuggingFace, configFromGguf, FormatError, makePart, planImport, readGguf, readSafetensors, readShardedSafetensors, UnsupportedModelError,
  type ImportPlan, type ModelConfig, type Quantization, type TensorSource
} from '../../../src/model/index.ts'
import { bytesSource, fixture } from '../formats/files.ts'
import { blobOf, blocks, floats, memorySource, valuesOf } from './sources.ts'

const H = 256
const config: ModelConfig = {
  architecture: 'llama', hiddenSize: H, intermediateSize: 512, layerCount: 1, headCount: 4, kvHeadCount: 2, headDim: 64, vocabSize: 24, contextLength: 64, normEpsilon: 1e-5,
  rope: { theta: 10_000, dimensions: 64, scaling: { type: 'none' } }, slidingWindow: [0], tiedEmbedding: true, eosTokenIds: [2]
}
const names = architectureOf('name', 'llama').ggufNames
const matrices: ReadonlyArray<readonly [name: string, rows: number, columns: number]> = [
  ['attn_q', 256, H], ['attn_k', 128, H], ['attn_v', 128, H], ['attn_output', H, 256], ['ffn_gate', 512, H], ['ffn_up', 512, H], ['ffn_down', H, 512]
]

/** A llama of one layer in GGUF's names, its matrices in the given types (F32 where none is given). */
function llama (types: Readonly<Record<string, string>> = {}, more: Parameters<typeof memorySource>[0] = []): TensorSource {
  const matrix = (name: string, rows: number, columns: number, type = types[name] ?? types.all) =>
    type == null ? floats(`blk.0.${name}.weight`, rows, columns) : blocks(`blk.0.${name}.weight`, type, rows, columns)
  return memorySource([
    types.token_embd == null ? floats('token_embd.weight', 24, H) : blocks('token_embd.weight', types.token_embd, 24, H),
    floats('output_norm.weight', H), floats('blk.0.attn_norm.weight', H), floats('blk.0.ffn_norm.weight', H),
    ...matrices.map(([name, rows, columns]) => matrix(name, rows, columns)), ...more
  ])
}

const plan = (source: TensorSource, quantization: Quantization = 'keep', permutedHeads = false): ImportPlan => planImport({
  config, architecture: architectureOf('name', 'llama'), names, permutedHeads, source, quantization, biases: [], otherBiases: true
})

async function sourceValues (source: TensorSource, name: string): Promise<Float32Array> {
  const shape = source.info(name)?.shape ?? []
  return asFloat32(await source.rows(name, 0, shape.slice(0, -1).reduce((product, length) => product * length, 1)))
}

const joined = (...parts: Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]))

describe('what an import makes', () => {
  it('is the source\'s float32 matrices and biases as they are, q, k and v in one, gate and up in one', async () => {
    const model = 'models/llama3-rope'
    const described = configFromHuggingFace(JSON.parse(new TextDecoder().decode(fixture(`${model}/config.json`))))
    const source = await readSafetensors(bytesSource(fixture(`${model}/model.safetensors`)))
    const { layers, embedding, head } = planImport({ ...described, names: described.architecture.safetensorsNames, permutedHeads: false, source, quantization: 'keep', otherBiases: false })
    const read = async (name: string): Promise<Float32Array> => await sourceValues(source, name)
    for (const [index, layer] of layers.entries()) {
      const values = valuesOf(layer, await blobOf(layer, source))
      const attn = `model.layers.${index}.self_attn`
      const mlp = `model.layers.${index}.mlp`
      for (const kind of ['weight', 'bias']) {
        const name = (text: string): string => kind === 'weight' ? text : `${text}Bias`
        assert.deepEqual(values.get(name('qkv')), joined(await read(`${attn}.q_proj.${kind}`), await read(`${attn}.k_proj.${kind}`), await read(`${attn}.v_proj.${kind}`)))
        assert.deepEqual(values.get(name('gateUp')), joined(await read(`${mlp}.gate_proj.${kind}`), await read(`${mlp}.up_proj.${kind}`)))
        assert.deepEqual(values.get(name('o')), await read(`${attn}.o_proj.${kind}`))
        assert.deepEqual(values.get(name('down')), await read(`${mlp}.down_proj.${kind}`))
      }
      assert.deepEqual(values.get('mlpNorm'), await read(`model.layers.${index}.post_attention_layernorm.weight`))
      assert.ok(layer.tensors.every(({ entry }) => entry.data.offset % 4096 === 0))
    }
    assert.deepEqual(valuesOf(embedding, await blobOf(embedding, source)).get('embedding'), await read('model.embed_tokens.weight'))
    assert.deepEqual(valuesOf(head, await blobOf(head, source)).get('head'), await read('lm_head.weight'))
  })

  it('has the heads\' rows in the order of the original, out of a GGUF file that has them in another', async () => {
    const original = configFromHuggingFace(JSON.parse(new TextDecoder().decode(fixture('models/llama/config.json'))))
    const folder = await readSafetensors(bytesSource(fixture('models/llama/model.safetensors')))
    const file = await readGguf(bytesSource(fixture('llama-gguf/llama-F16.gguf')))
    const described = await configFromGguf(file)
    const base = { permutedHeads: true, quantization: 'keep', otherBiases: true } as const
    const fromFile = planImport({ ...described, ...base, names, source: file })
    const fromFolder = planImport({ ...original, ...base, permutedHeads: false, names: original.architecture.safetensorsNames, source: folder })
    for (const [index, layer] of fromFile.layers.entries()) {
      const other = fromFolder.layers[index]
      assert.ok(other != null)
      const [a, b] = [valuesOf(layer, await blobOf(layer, file)).get('qkv'), valuesOf(other, await blobOf(other, folder)).get('qkv')]
      // float16 keeps eleven bits
      assert.ok(a?.every((value, at) => Math.abs(value - (b?.[at] ?? NaN)) <= Math.abs(value) * 2 ** -10 + 1e-7))
    }
  })

  it('puts the rows of a permuted bias in order too, and zeros where one of three is missing', async () => {
    const source = llama({}, [floats('blk.0.attn_q.bias', 256), floats('blk.0.attn_v.bias', 128)])
    const [layer] = plan(source, 'keep', true).layers
    assert.ok(layer != null)
    const bias = valuesOf(layer, await blobOf(layer, source)).get('qkvBias')
    const q = await sourceValues(source, 'blk.0.attn_q.bias')
    // llama.cpp stores [head, half, 2] where the original has [head, 2, half]
    const expected = Float32Array.from({ length: 256 }, (_, row) => q[Math.floor(row / 64) * 64 + (row % 32) * 2 + (row % 64 < 32 ? 0 : 1)] ?? NaN)
    assert.deepEqual(bias, joined(expected, new Float32Array(128), await sourceValues(source, 'blk.0.attn_v.bias')))
  })

  for (const type of ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K']) {
    it(`holds every value of ${type}, and is the same bytes when memory is short`, async () => {
      const source = llama({ all: type, token_embd: type })
      const { embedding, layers: [layer], remarks } = plan(source)
      assert.deepEqual(remarks, [])
      const exact = plan(source, 'f32')
      for (const [kept, dense] of [[embedding, exact.embedding], [layer, exact.layers[0]]] as const) {
        assert.ok(kept != null && dense != null)
        const blob = await blobOf(kept, source)
        assert.deepEqual(valuesOf(kept, blob), valuesOf(dense, await blobOf(dense, source)))
        for (const sideValues of [1, 1000, 10_000]) {
          assert.deepEqual(await blobOf(kept, source, sideValues), blob)
        }
      }
    })
  }

  it('joins what is stored alike, whatever its type was, and leaves apart what is not', () => {
    const stored = (types: Record<string, string>, quantization: Quantization = 'keep'): string[] =>
      plan(llama(types), quantization).layers.flatMap(({ tensors }) => tensors.filter(({ entry }) => entry.shape.length === 2).map(({ entry }) => entry.name))
    const mixed = { all: 'Q4_K', attn_v: 'Q6_K' }
    assert.deepEqual(stored(mixed), ['q', 'k', 'v', 'o', 'gateUp', 'down'])
    assert.deepEqual(stored(mixed, 'int4'), ['qkv', 'o', 'gateUp', 'down'])
    // both in eight bits and blocks of 32
    assert.deepEqual(stored({ all: 'Q8_0', ffn_up: 'Q5_0' }), ['qkv', 'o', 'gateUp', 'down'])
    assert.deepEqual(stored({ all: 'Q8_0', ffn_up: 'Q5_1' }), ['qkv', 'o', 'gate', 'up', 'down'])
  })

  it('says which types it stores otherwise, and nothing where it keeps all', () => {
    assert.deepEqual(plan(llama()).remarks, [])
    assert.deepEqual(plan(llama({ all: 'Q8_0', token_embd: 'Q8_0' }), 'int8').remarks, [])
    assert.deepEqual(plan(llama({ all: 'Q4_K', token_embd: 'Q6_K' }), 'int8').remarks, ['Q6_K is requantised to int8', 'Q4_K is requantised to int8'])
    assert.deepEqual(plan(llama({ token_embd: 'Q6_K' }), 'f16').remarks, ['Q6_K is stored as f16', 'F32 is stored as f16'])
  })

  it('comes close to the source in eight bits and in sixteen', async () => {
    const source = llama()
    const exact = valuesOf(plan(source).embedding, await blobOf(plan(source).embedding, source)).get('embedding')
    for (const [quantization, bound] of [['int8', 1 / 128], ['f16', 2 ** -11]] as const) {
      const { embedding } = plan(source, quantization)
      const values = valuesOf(embedding, await blobOf(embedding, source)).get('embedding')
      const worst = Math.max(...[...values ?? []].map((value, at) => Math.abs(value - (exact?.[at] ?? NaN))))
      assert.ok(worst > 0 && worst <= bound, `${quantization}: ${worst}`)
    }
  })

  it('is refused where sixteen bits can\'t hold a value', async () => {
    const large = floats('blk.0.ffn_down.weight', H, 512)
    new Float32Array(large.bytes.buffer)[5] = 70_000
    const source = llama({}, [large])
    const [layer] = plan(source, 'f16').layers
    assert.ok(layer != null)
    await assert.rejects(blobOf(layer, source), (error) => error instanceof FormatError && /ffn_down.*--quant/.test(error.message))
  })

  it('is refused by name where a tensor is of a type that is not imported, missing, or not accounted for', () => {
    const without = (name: string): TensorSource => {
      const source = llama()
      return { ...source, info: (asked) => asked === name ? undefined : source.info(asked) }
    }
    assert.throws(() => plan(without('blk.0.ffn_down.weight')), { name: 'FormatError', message: /blk\.0\.ffn_down\.weight is missing/ })
    assert.throws(() => plan(llama({}, [floats('blk.0.attn_sinks.weight', 4)])), { name: 'FormatError', message: /attn_sinks.*belongs to nothing/ })
    assert.throws(() => plan(llama({}, [floats('blk.1.attn_norm.weight', H)])), { name: 'FormatError', message: /blk\.1.*1 layers/ })
    const retyped = (name: string, type: string): TensorSource => {
      const source = llama()
      const info: TensorSource['info'] = (asked) => {
        const found = source.info(asked)
        return asked === name && found != null ? { ...found, type } : found
      }
      return { ...source, info }
    }
    assert.throws(() => plan(retyped('blk.0.ffn_down.weight', 'I8')), UnsupportedModelError)
    assert.throws(() => plan(retyped('blk.0.ffn_norm.weight', 'Q8_0')), UnsupportedModelError)
    assert.doesNotThrow(() => plan(llama({}, [floats('rope_freqs.weight', 32)])))
  })

  it('never reads more than a few megabytes at once of experts that lie in one tensor', async () => {
    const [count, size, hidden] = [3, 1408, 2048]
    const mixtral: ModelConfig = {
      ...config, architecture: 'mixtral', hiddenSize: hidden, intermediateSize: size, headDim: 512, rope: { theta: 10_000, dimensions: 512, scaling: { type: 'none' } },
      experts: { count, perToken: 2, intermediateSize: size, normalised: true }
    }
    for (const [type, rowBytes] of [['F32', (columns: number) => columns * 4], ['MXFP4', (columns: number) => columns / 32 * 17], ['Q8_0', (columns: number) => columns / 32 * 34]] as const) {
      const shapes = new Map<string, number[]>([
        ['token_embd.weight', [24, hidden]], ['output_norm.weight', [hidden]], ['blk.0.attn_norm.weight', [hidden]], ['blk.0.ffn_norm.weight', [hidden]], ['blk.0.attn_q.weight', [2048, hidden]],
        ['blk.0.attn_k.weight', [1024, hidden]], ['blk.0.attn_v.weight', [1024, hidden]], ['blk.0.attn_output.weight', [hidden, 2048]], ['blk.0.ffn_gate_inp.weight', [count, hidden]],
        ['blk.0.ffn_gate_exps.weight', [count, size, hidden]], ['blk.0.ffn_up_exps.weight', [count, size, hidden]], ['blk.0.ffn_down_exps.weight', [count, hidden, size]]
      ])
      const isStacked = (name: string): boolean => name.includes('_exps')
      const rowOf = (name: string): number => isStacked(name) ? rowBytes(shapes.get(name)?.at(-1) ?? 0) : (shapes.get(name)?.at(-1) ?? 0) * 4
      let most = 0
      const source: TensorSource = {
        names: () => shapes.keys(),
        info: (name) => {
          const shape = shapes.get(name)
          return shape == null ? undefined : { name, shape, type: isStacked(name) ? type : 'F32', rowBytes: rowOf(name) }
        },
        rows: async (name, _first, rows) => {
          most = Math.max(most, rows * rowOf(name))
          return await Promise.resolve(new Uint8Array(rows * rowOf(name)))
        }
      }
      const { layers: [layer] } = planImport({ config: mixtral, architecture: architectureOf('name', 'mixtral'), names, permutedHeads: true, source, quantization: 'keep', biases: [], otherBiases: true })
      assert.ok(layer != null)
      let written = 0
      for await (const { bytes } of makePart(layer, source)) {
        written = Math.max(written, bytes.byteLength)
      }
      assert.ok(most <= 4 * 2 ** 20 && written <= 4 * 2 ** 20, `${type}: ${most} read, ${written} written at once`)
    }
  }).timeout(30_000)

  it('is the same from one file as from several with an index', async () => {
    const described = configFromHuggingFace(JSON.parse(new TextDecoder().decode(fixture('models/qwen3/config.json'))))
    const source = await readShardedSafetensors(fixture('models/qwen3/model.safetensors.index.json'), async (file) => await Promise.resolve(bytesSource(fixture(`models/qwen3/${file}`))))
    const { layers: [layer] } = planImport({ ...described, names: described.architecture.safetensorsNames, permutedHeads: false, source, quantization: 'keep', otherBiases: false })
    assert.ok(layer != null)
    const values = valuesOf(layer, await blobOf(layer, source))
    assert.deepEqual(values.get('qNorm'), await sourceValues(source, 'model.layers.0.self_attn.q_norm.weight'))
    assert.equal(values.get('qkv')?.length, (4 + 2 * 2) * 32 * 64)
  })
})
