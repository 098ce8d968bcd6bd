import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  blobCidOf, cidOf, encodeManifest, FormatError, isModelId, MAX_MANIFEST_BYTES, modelIdOf, parseManifest, PIECE_BYTES, spanParts, UnsupportedModelError, type Manifest, type Part, type TensorEntry
} from '../../src/model/index.ts'

const PAGE = 4096
const list = new Uint8Array(32)
const [cid, pieces] = [blobCidOf(list), cidOf(list)]
const part = (size: number, tensors: TensorEntry[]): Part => ({ cid, size, pieceSize: PIECE_BYTES, pieces, tensors })
const vector = (name: string, offset: number, length: number): TensorEntry => ({ kind: 'dense', name, dtype: 'f32', shape: [length], data: { offset, length: length * 4 } })
const matrix = (name: string, offset: number, n: number, k: number): TensorEntry => ({ kind: 'dense', name, dtype: 'f16', shape: [n, k], data: { offset, length: n * k * 2 } })

/** A sound manifest: hidden 32, two heads of 16, one of them for keys, MLP of 64, vocabulary of 40, two layers. */
function sound (): Manifest {
  const layer = part(6 * PAGE + 32 * 64 * 2, [
    vector('attnNorm', 0, 32),
    vector('mlpNorm', PAGE, 32),
    // 64 rows of 32 values in blocks of 32, four bits each
    { kind: 'blocks', name: 'qkv', bits: 4, block: 32, shape: [64, 32], data: { offset: 2 * PAGE, length: 1024 }, scales: { offset: 3 * PAGE, length: 256 }, minimums: { offset: 4 * PAGE, length: 256 } },
    matrix('o', 5 * PAGE, 32, 32),
    // 4,096 values fill two pages
    { kind: 'dense', name: 'gateUp', dtype: 'f16', shape: [128, 32], data: { offset: 6 * PAGE, length: 8192 } },
    matrix('down', 8 * PAGE, 32, 64)
  ])
  return {
    layout: 2,
    quantization: 'keep',
    config: {
      architecture: 'llama', hiddenSize: 32, intermediateSize: 64, layerCount: 2, headCount: 2, kvHeadCount: 1, headDim: 16, vocabSize: 40, contextLength: 128, normEpsilon: 1e-5,
      rope: { theta: 10_000, dimensions: 16, scaling: { type: 'none' } }, slidingWindow: [0, 16], tiedEmbedding: false, eosTokenIds: [2]
    },
    tokenizer: part(100, []),
    embedding: part(40 * 32 * 2, [matrix('embedding', 0, 40, 32)]),
    layers: [{ ...layer, size: 8 * PAGE + 32 * 64 * 2 }, { ...layer, size: 8 * PAGE + 32 * 64 * 2 }],
    head: part(PAGE + 40 * 32 * 2, [vector('norm', 0, 32), matrix('head', PAGE, 40, 32)])
  }
}

type Json = Record<string, unknown> | unknown[]

/** The manifest with one value, found by its path, changed. */
function changed (path: string, change: (value: unknown) => unknown): Uint8Array {
  const manifest = JSON.parse(JSON.stringify(sound())) as Json
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const target = keys.reduce<Json>((value, key) => (value as Record<string, Json>)[key] ?? {}, manifest) as Record<string, unknown>
  const value = change(target[last])
  if (value === undefined && Array.isArray(target)) {
    Array.prototype.splice.call(target, Number(last), 1)
  } else if (value === undefined) {
    Reflect.deleteProperty(target, last)
  } else {
    target[last] = value
  }
  return encodeManifest(manifest as unknown as Manifest) // made to be wrong
}

const leaves = (value: unknown, path: string[] = []): string[] => typeof value === 'object' && value != null
  ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
  : [path.join('.')]

describe('a manifest', () => {
  it('comes back from its bytes, whose hash is the model id', () => {
    const bytes = encodeManifest(sound())
    assert.deepEqual(parseManifest(bytes), sound())
    assert.deepEqual(encodeManifest(parseManifest(bytes)), bytes)
    assert.ok(isModelId(modelIdOf(bytes)))
    assert.ok(!isModelId(cidOf(bytes)) && !isModelId('atlas') && !isModelId(''))
  })

  it('is the same bytes in whatever order its fields were put', () => {
    const { layout, config, ...rest } = sound()
    const { eosTokenIds, ...others } = config
    assert.deepEqual(encodeManifest({ ...rest, config: { eosTokenIds, ...others }, layout }), encodeManifest(sound()))
  })

  it('takes a tied embedding, with which the head has no matrix', () => {
    const manifest = sound()
    const tied = { ...manifest, config: { ...manifest.config, tiedEmbedding: true }, head: part(128, [vector('norm', 0, 32)]) }
    assert.deepEqual(parseManifest(encodeManifest(tied)), tied)
    assert.throws(() => parseManifest(encodeManifest({ ...manifest, config: tied.config })), FormatError)
    assert.deepEqual(spanParts(tied, { start: 1, end: 2 }), [tied.embedding, tied.layers[1], tied.head])
  })

  it('says which parts a span needs', () => {
    const manifest = sound()
    const { embedding, layers: [first, second], head } = manifest
    assert.deepEqual(spanParts(manifest, { start: 0, end: 2 }), [embedding, first, second, head])
    assert.deepEqual(spanParts(manifest, { start: 0, end: 1 }), [embedding, first])
    assert.deepEqual(spanParts(manifest, { start: 1, end: 2 }), [second, head])
  })

  const qkv = 'layers.0.tensors.2'
  for (const [what, path, change] of [
    ['has another layout', 'layout', () => 1],
    ['has a layer less than its configuration', 'layers', (layers: unknown) => (layers as unknown[]).slice(1)],
    ['lacks a tensor', 'layers.0.tensors', (tensors: unknown) => (tensors as unknown[]).slice(0, -1)],
    ['names a tensor twice', 'layers.0.tensors', (tensors: unknown) => [...tensors as unknown[], (tensors as unknown[])[0]]],
    ['names a tensor that there is not', 'head.tensors.0.name', () => 'toString'],
    ['has head norms that its architecture has not', 'layers.0.tensors.0.name', () => 'qNorm'],
    ['has another shape', `${qkv}.shape`, () => [32, 64]],
    ['has a matrix for a vector', 'head.tensors.0.shape', () => [32, 1]],
    ['stores a vector in sixteen bits', 'head.tensors.0', (norm: unknown) => ({ ...norm as object, dtype: 'f16', data: { offset: 0, length: 64 } })],
    ['has rows that are no whole blocks', qkv, (tensor: unknown) => ({ ...tensor as object, block: 64, scales: { offset: 3 * PAGE, length: 128 }, minimums: { offset: 4 * PAGE, length: 128 } })],
    ['has scales of another length', `${qkv}.scales.length`, () => 252],
    ['has a tensor off the pages', `${qkv}.minimums.offset`, () => 4 * PAGE - 4],
    ['has tensors that overlap', `${qkv}.scales.offset`, () => 2 * PAGE],
    ['has tensors in another order', `${qkv}.minimums.offset`, () => 3 * PAGE],
    ['has a tensor beyond the blob', 'head.size', () => PAGE],
    ['has a blob larger than its tensors', 'head.size', () => 2 ** 50],
    ['has a tokenizer of terabytes', 'tokenizer.size', () => 2 ** 42],
    ['has a tokenizer with tensors', 'tokenizer.tensors', () => [vector('norm', 0, 8)]],
    ['has pieces of another size', 'head.pieceSize', () => 1],
    ['has a name for a CID', 'head.cid', () => '../../etc/passwd'],
    ['has another kind of CID', 'head.cid', () => modelIdOf(new Uint8Array([1]))],
    ['names a blob by the hash of its bytes', 'head.cid', () => pieces],
    ['lists the pieces of another blob', 'head.pieces', () => cidOf(new Uint8Array(64))],
    ['has more than it should', 'name', () => 'mine'],
    ['has heads that do not go together', 'config.kvHeadCount', () => 4],
    ['rotates half a pair of a head', 'config.rope.dimensions', () => 7],
    ['rotates more than a head has', 'config.rope.dimensions', () => 64],
    ['has a rope factor too many', 'config.rope.scaling', () => ({ type: 'longrope', shortFactors: [1, 1, 1, 1, 1, 1, 1, 1, 1], longFactors: [1, 1, 1, 1, 1, 1, 1, 1], originalContextLength: 8, attentionFactor: 1 })],
    ['leaves a layer unrotated that it does not have', 'config.unrotatedLayers', () => [99]],
    ['has a factor of zero', 'config.logitScale', () => 0],
    ['has windows for other layers', 'config.slidingWindow', () => [0]],
    ['ends texts outside its vocabulary', 'config.eosTokenIds', () => [40]]
  ] as const) {
    it(`is refused where it ${what}`, () => {
      assert.throws(() => parseManifest(changed(path, change)), FormatError)
    })
  }

  it('says so where another version made it', () => {
    assert.throws(() => parseManifest(changed('layout', () => 1)), /layout is not 2, as another version of Shoal made this model/)
  })

  it('is refused by name where its architecture is not known', () => {
    assert.throws(() => parseManifest(changed('config.architecture', () => 'mamba')), (error) => error instanceof UnsupportedModelError && error.message.includes('mamba') && error.message.includes('qwen3'))
  })

  it('is refused where it lacks any field or has something else in its place', () => {
    for (const path of leaves(sound())) {
      for (const value of [undefined, null, '', -1, 1.5, 2 ** 53, [], {}, { '/': cid }]) {
        // one entry less is another model of the same kind
        const sound = (path === 'config.rope.theta' && value === 1.5) || (path.startsWith('config.eosTokenIds.') && value === undefined)
        if (!sound) {
          assert.throws(() => parseManifest(changed(path, () => value)), ({ name }: Error) => ['FormatError', 'UnsupportedModelError'].includes(name), `${path} = ${JSON.stringify(value)}`)
        }
      }
    }
  })

  it('is refused in any other writing of the same', () => {
    const text = Buffer.from(encodeManifest(sound())).toString()
    for (const other of [` ${text}`, text.replace('"layout":2', '"layout":2.0'), JSON.stringify(sound()), text.replace('{"config"', '{"layout":2,"config"')]) {
      assert.notEqual(other, text)
      assert.throws(() => parseManifest(Buffer.from(other)), FormatError)
    }
  })

  it('is refused, and never a crash, where it is any bytes at all or too many', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => { assert.throws(() => parseManifest(bytes), FormatError) }))
    assert.throws(() => parseManifest(Buffer.from('['.repeat(1_000_000))), FormatError)
    assert.throws(() => parseManifest(new Uint8Array(MAX_MANIFEST_BYTES + 1)), FormatError)
  })
})
