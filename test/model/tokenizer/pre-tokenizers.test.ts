import assert from 'node:assert/strict'
import { architectureOf, createTokenizer, tokenizerFromGguf } from '../../../src/model/index.ts'
import { memorySource } from '../import/sources.ts'

const text = 'Don\'T go to iPhone\'s 1234 (a/b)\n/x\n\n  ½É'
/** GPT-2's letters for the bytes of these texts. */
const written = (piece: string): string => [...new TextEncoder().encode(piece)].map((byte) => byte === 0x20 ? 'Ġ' : byte === 0x0a ? 'Ċ' : byte === 0x89 ? 'ī' : String.fromCharCode(byte)).join('')

/** The pieces that a text is cut into: of a vocabulary of bytes and those that are expected, without merges, each piece is one token. */
function cut (pre: string, pieces: readonly string[]): string[] {
  const letters = [...new Set(written(text))]
  const tokens = [...new Set([...letters, ...pieces.map(written)])]
  const metadata = new Map(Object.entries({ 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': pre, 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.merges': [] }))
  const data = tokenizerFromGguf({ ...memorySource([]), metadata }, architectureOf('name', 'llama'), tokens.length, [])
  const tokenizer = createTokenizer({ ...data, tokenizer: { ...data.tokenizer, model: { ...data.tokenizer.model, ignore_merges: true } } })
  return tokenizer.encode(text, { special: false }).map((id) => tokenizer.tokenText(id))
}

const [begin, numbers] = [['Don', '\'T', ' go', ' to', ' iPhone', '\'s'], [' ', '123', '4']]
const digits = ['1', '2', '3', '4']
const end = [')\n', '/x', '\n\n', ' ', ' ', '½', 'É']

describe('how byte-level vocabularies of GGUF files cut text', () => {
  for (const [pre, pieces] of [
    ['gpt-2', ['Don', '\'', 'T', ' go', ' to', ' iPhone', '\'s', ' 1234', ' (', 'a', '/', 'b', ')', '\n', '/', 'x', '\n\n ', ' ½', 'É']],
    ['refact', ['Don', '\'', 'T', ' go', ' to', ' iPhone', '\'s', ' ', ...digits, ' (', 'a', '/', 'b', ')', '\n', '/', 'x', '\n\n  ', '½', 'É']],
    ['llama-bpe', [...begin, ...numbers, ' (', 'a', '/b', ...end]],
    ['smaug-bpe', [...begin, ...numbers, ' (', 'a', '/b', ...end]],
    ['dbrx', [...begin, ...numbers, ' (', 'a', '/b', ...end]],
    ['qwen2', [...begin, ' ', ...digits, ' (', 'a', '/b', ...end]],
    ['gpt-4o', ['Don\'T', ' go', ' to', ' i', 'Phone\'s', ...numbers, ' (', 'a', '/b', ')\n/', 'x', ...end.slice(2)]],
    ['tekken', ['Don', '\'T', ' go', ' to', ' i', 'Phone', '\'s', ' ', ...digits, ' (', 'a', '/b', ')\n/', 'x', ...end.slice(2)]]
  ] as const) {
    it(`is, for ${pre}, into words, numbers and the rest`, () => {
      assert.deepEqual(cut(pre, pieces), pieces)
    })
  }
})
