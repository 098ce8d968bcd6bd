import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createTokenizer, encodeTokenizerData, FormatError, parseTokenizerData, tokenizerFromHuggingFace, UnsupportedModelError, type ChatMessage } from '../../../src/model/index.ts'
import { withoutSmollm2 } from '../../support/smollm2.ts'
import { dataOfFolder, dataOfGguf, exists, json, lines, tiny } from './tokenizers.ts'

interface Reference {
  prompts: Array<{ id: string, text?: string | null, prompt?: string, messages?: ChatMessage[], inputIds: number[], greedy: { ids: number[], text?: string } }>
  chat: { messages: ChatMessage[], inputIds: number[] }
}
const reference = (path: string): Reference => json(`${path}/reference.json`) as Reference // written by our own script

const models = ['llama', 'llama-tied', 'llama3-rope', 'mistral-swa', 'qwen2', 'qwen3']
const smollm2 = '../shared/models/SmolLM2-135M-Instruct.Q4_1.gguf'

describe('the tokenizer of a model', () => {
  for (const model of models) {
    it(`gives the reference's ids for ${model}`, () => {
      const folder = `test/fixtures/models/${model}`
      const tokenizer = createTokenizer(dataOfFolder(folder, 512))
      const { prompts, chat } = reference(folder)
      for (const { text, inputIds } of prompts) {
        if (text != null) {
          assert.deepEqual(tokenizer.encode(text, { special: true }), inputIds)
        }
      }
      assert.deepEqual(tokenizer.encodeChat(chat.messages), chat.inputIds)
    })
  }

  it('is the same from a GGUF file as from the folder that it was made of', async () => {
    const fromFolder = tiny()
    const fromGguf = createTokenizer(await dataOfGguf('test/fixtures/llama-gguf/llama-Q8_0.gguf', 512))
    for (const text of ['The lamp was lit at 18:45, 365 days.', ' a  b\n\n\tc ', 'œuf 🐙 漢字 it\'s', '<|im_start|>user\nHi<|im_end|>']) {
      for (const special of [true, false]) {
        assert.deepEqual(fromGguf.encode(text, { special }), fromFolder.encode(text, { special }))
      }
    }
  })

  it(`gives the ids of all of SmolLM2's prompts, from GGUF${withoutSmollm2}`, async function () {
    if (!exists(smollm2)) {
      this.skip()
    }
    const tokenizer = createTokenizer(await dataOfGguf(smollm2, 49_152))
    const { prompts } = reference('../shared/reference/smollm2-135m')
    assert.ok(prompts.length >= 15)
    for (const { id, prompt = '', messages, inputIds, greedy } of prompts) {
      assert.deepEqual(tokenizer.encode(prompt, { special: true }), inputIds, id)
      if (messages != null) {
        assert.deepEqual(tokenizer.encodeChat(messages), inputIds, id)
      }
      assert.equal(tokenizer.decode(greedy.ids), greedy.text, id)
    }
  }).timeout(60_000)

  it('gives the text of every answer that Atlas was judged by, and its ids again', () => {
    const tokenizer = createTokenizer(dataOfFolder('models/atlas', 4096))
    for (const line of lines('models/atlas/eval.jsonl')) {
      const { answer, ids } = line as { answer: string, ids: number[] } // our own file
      assert.equal(tokenizer.decode(ids), answer)
      assert.deepEqual(tokenizer.encode(answer, { special: false }), ids.slice(0, -1))
    }
  })

  it('gives back any text that it took', () => {
    const tokenizer = tiny()
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const ids = tokenizer.encode(text, { special: false })
      assert.equal(tokenizer.decode(ids), text)
      assert.ok(ids.every((id) => id >= 0 && id < tokenizer.vocabSize))
    }))
  })

  it('hands out text as soon as its characters are whole, and never another text than all at once', () => {
    const tokenizer = tiny()
    const decoder = tokenizer.decoder()
    const ids = tokenizer.encode('é🐙!', { special: false })
    const pieces = ids.map((id) => decoder.push(id))
    assert.ok(pieces.includes('🐙') && !pieces.some((piece) => piece.includes('\uFFFD')))
    fc.assert(fc.property(fc.array(fc.nat(511)), (any) => {
      const stream = tokenizer.decoder()
      assert.equal(any.map((id) => stream.push(id)).join('') + stream.flush(), tokenizer.decode(any))
    }))
  })

  it('keeps a byte order mark, which is a character like any other', () => {
    const tokenizer = tiny()
    assert.equal(tokenizer.decode(tokenizer.encode('\uFEFFa', { special: false })), '\uFEFFa')
  })

  it('leaves special tokens out of the text, and shows one by itself', () => {
    const tokenizer = tiny()
    const ids = tokenizer.encode('<|im_start|>a<|im_end|>', { special: true })
    assert.deepEqual([ids[0], ids.at(-1)], [1, 2])
    assert.equal(tokenizer.decode(ids), 'a')
    assert.equal(tokenizer.tokenText(2), '<|im_end|>')
    assert.equal(tokenizer.tokenText(100_000), '')
  })

  it('takes a megabyte of text in seconds, spaces or not', () => {
    const tokenizer = tiny()
    for (const text of ['a'.repeat(2 ** 20), ' word'.repeat(2 ** 18), '<|im_start|'.repeat(2 ** 16)]) {
      assert.ok(tokenizer.encode(text, { special: true }).length > 0)
    }
  }).timeout(30_000)
})

describe('a tokenizer\'s data', () => {
  it('is the same bytes from the same source, and the same tokenizer again', () => {
    const data = dataOfFolder('test/fixtures/models/llama', 512)
    const bytes = encodeTokenizerData(data)
    assert.deepEqual(encodeTokenizerData(dataOfFolder('test/fixtures/models/llama', 512)), bytes)
    assert.deepEqual(encodeTokenizerData(parseTokenizerData(bytes)), bytes)
  })

  it('is refused where it is malformed', () => {
    const data = dataOfFolder('test/fixtures/models/llama', 512)
    const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
    for (const value of [
      {}, [], null, { ...data, vocabSize: 0 }, { ...data, eosTokenIds: [-1] }, { ...data, more: 1 },
      { ...data, tokenizer: { model: { type: 'BPE', vocab: ['a'] } } }, { ...data, tokenizer: { model: { type: 'BPE', vocab: { a: 1.5 } } } }
    ]) {
      assert.throws(() => parseTokenizerData(encode(value)), FormatError)
    }
    assert.throws(() => parseTokenizerData(new Uint8Array([0xff])), FormatError)
    assert.throws(() => createTokenizer({ ...data, tokenizer: { model: { type: 'BPE', vocab: {} } } }), FormatError)
  })

  it('never leads to ids beyond the vocabulary', () => {
    const small = tiny({ vocabSize: 300 })
    const ids = small.encode('The lamp was lit at dusk. <|im_end|>', { special: true })
    assert.ok(ids.length > 0 && ids.every((id) => id < 300))
  })

  it('is refused by name where it is no BPE', () => {
    const source = { tokenizer: { model: { type: 'Unigram', vocab: [] } }, vocabSize: 1, eosTokenIds: [] }
    assert.throws(() => tokenizerFromHuggingFace(source), (error) => error instanceof UnsupportedModelError && error.message.includes('Unigram'))
  })
})
