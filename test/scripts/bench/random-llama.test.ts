import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tensorBytes, writeGguf } from '../../../scripts/bench/gguf-writer.ts'
import { FIRST_WORD, randomLlama, shape246m, vocabulary, type LlamaShape } from '../../../scripts/bench/random-llama.ts'
import { architectureOf, configFromGguf, createTokenizer, readGguf, tokenizerFromGguf, type GgufFile } from '../../../src/model/index.ts'

const small: LlamaShape = { hiddenSize: 64, intermediateSize: 96, layerCount: 2, headCount: 4, kvHeadCount: 2, vocabSize: 1000, contextLength: 128 }

describe('randomLlama', () => {
  let folder: string
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'shoal-test-')) })
  after(async () => { await rm(folder, { recursive: true, force: true }) })

  const written = async (seed: number): Promise<{ bytes: Buffer, file: GgufFile }> => {
    const path = join(folder, `${seed}.gguf`)
    const { metadata, tensors } = randomLlama(small, seed)
    await writeGguf(path, metadata, tensors)
    const bytes = await readFile(path)
    return { bytes, file: await readGguf({ size: bytes.length, read: async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length)) }) }
  }

  it('has 246 million parameters', () => {
    const { tensors } = randomLlama(shape246m, 1)
    const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    assert.equal(Math.round(parameters / 1e6), 246)
  })

  it('is the same file for a seed, and another for another', async () => {
    const [first, again, other] = [await written(1), await written(1), await written(2)]
    assert.ok(first.bytes.equals(again.bytes))
    assert.ok(!first.bytes.equals(other.bytes))
  })

  it('is a GGUF file that the importer reads', async () => {
    const { file } = await written(1)
    const { config } = await configFromGguf(file)
    assert.deepEqual(
      [config.hiddenSize, config.intermediateSize, config.layerCount, config.headCount, config.kvHeadCount, config.vocabSize, config.tiedEmbedding],
      [64, 96, 2, 4, 2, 1000, false]
    )
    for (const { name, shape, type } of randomLlama(small, 1).tensors) {
      const info = file.info(name)
      assert.deepEqual([info?.type, info?.shape], [type, shape], name)
    }
  })

  it('gives bytes and control tokens no weight at the head', async () => {
    const { file } = await written(1)
    const columnsBytes = tensorBytes({ shape: [1, small.hiddenSize], type: 'Q4_0' })
    const rows = await file.rows('output.weight', 0, FIRST_WORD + 1)
    const scale = (row: number): number => new DataView(rows.buffer, rows.byteOffset + row * columnsBytes).getUint16(0, true)
    assert.ok(Array.from({ length: FIRST_WORD }, (_, row) => scale(row)).every((bits) => bits === 0))
    assert.notEqual(scale(FIRST_WORD), 0)
  })

  it('has a vocabulary of different tokens that its merges make', async () => {
    const { tokens, merges } = vocabulary(32_000)
    assert.equal(new Set(tokens).size, 32_000)
    assert.deepEqual(merges.map((merge) => merge.replace(' ', '')), tokens.slice(FIRST_WORD))
    const { file } = await written(1)
    const tokenizer = createTokenizer(tokenizerFromGguf(file, architectureOf('name', 'llama'), small.vocabSize, [FIRST_WORD - 1]))
    const text = 'ab, Ünder\n7'
    const ids = tokenizer.encode(text, { special: false })
    assert.equal(tokenizer.decode(ids), text)
    assert.equal(tokenizer.tokenText(ids[0] ?? 0), 'ab')
  })
})
