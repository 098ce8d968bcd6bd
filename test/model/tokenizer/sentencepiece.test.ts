import assert from 'node:assert/strict'
import fc from 'fast-check'
import { architectureOf, createTokenizer, tokenizerFromGguf, type GgufFile, type GgufValue, type Tokenizer } from '../../../src/model/index.ts'
import { memorySource } from '../import/sources.ts'

/** `tokenizer.ggml.token_type`. */
const [NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE] = [1, 2, 3, 4, 6]
const words = ['▁t', 'he', '▁the', 'la', 'mp', '▁la', '▁lamp', 'lamp', '▁▁', '▁▁▁▁', 'ee', 'th', 'hé']
const letters = Array.from('▁theamplé')
const pieces = [...words, ...letters]
/** Higher scores merge first. */
const vocabulary: ReadonlyArray<readonly [token: string, type: number, score: number]> = [
  ['<unk>', UNKNOWN, 0], ['<s>', CONTROL, 0], ['</s>', CONTROL, 0],
  ...Array.from({ length: 256 }, (_, byte) => [`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, BYTE, 0] as const),
  ...pieces.map((piece, index) => [piece, NORMAL, -index] as const),
  ['<turn>', CONTROL, -1000], ['\n\n', USER_DEFINED, -1000]
]
const idOf = (token: string): number => vocabulary.findIndex(([content]) => content === token)
const bytes = (text: string): number[] => [...new TextEncoder().encode(text)].map((byte) => byte + 3)
const ids = (...tokens: string[]): number[] => tokens.map(idOf)

const file = (changes: Readonly<Record<string, GgufValue | undefined>> = {}): GgufFile => ({
  ...memorySource([]),
  metadata: new Map(Object.entries({
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.pre': 'default',
    'tokenizer.ggml.tokens': vocabulary.map(([token]) => token),
    'tokenizer.ggml.token_type': vocabulary.map(([, type]) => type),
    'tokenizer.ggml.scores': vocabulary.map(([, , score]) => score),
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.unknown_token_id': 0,
    'tokenizer.chat_template': '{{ bos_token }}{% for message in messages %}<turn>\n{{ message.content }}{% endfor %}<turn>',
    ...changes
  }).flatMap(([key, value]) => value == null ? [] : [[key, value] as const]))
})
const data = (changes: Parameters<typeof file>[0] = {}, architecture = 'llama') => tokenizerFromGguf(file(changes), architectureOf('name', architecture), vocabulary.length, [2])
const tokenizer = (...given: Parameters<typeof data>): Tokenizer => createTokenizer(data(...given))
const plain = { special: false }

/** SentencePiece as its paper has it: of all pairs that make a piece the one with the highest score, the leftmost of equals, until there is none. */
function merged (text: string): number[] {
  const symbols = Array.from(text.replaceAll(' ', '▁'))
  for (;;) {
    let best = -1
    for (let at = 0; at + 1 < symbols.length; at++) {
      const rank = pieces.indexOf(`${symbols[at] ?? ''}${symbols[at + 1] ?? ''}`)
      const known = best < 0 ? Infinity : pieces.indexOf(`${symbols[best] ?? ''}${symbols[best + 1] ?? ''}`)
      if (rank >= 0 && rank < known) best = at
    }
    if (best < 0) return symbols.flatMap((symbol) => pieces.includes(symbol) ? [idOf(symbol)] : bytes(symbol))
    symbols.splice(best, 2, `${symbols[best] ?? ''}${symbols[best + 1] ?? ''}`)
  }
}

describe('a SentencePiece vocabulary in a GGUF file', () => {
  it('merges by score, with a space before the text, and spaces as they are', () => {
    assert.deepEqual(tokenizer().encode('the lamp', plain), ids('▁the', '▁lamp'))
    assert.deepEqual(tokenizer().encode('the  lamp', plain), ids('▁the', '▁', '▁lamp'))
    assert.deepEqual(tokenizer().encode('     la', plain), ids('▁▁▁▁', '▁', '▁la'))
    assert.deepEqual(tokenizer().encode('lamp', plain), ids('▁lamp'))
    assert.deepEqual(tokenizer({ 'tokenizer.ggml.add_space_prefix': false }).encode('lamp', plain), ids('lamp'))
  })

  it('writes what is no piece as bytes, and reads them again', () => {
    const encoded = tokenizer().encode('the 🐙!', plain)
    assert.deepEqual(encoded, [...ids('▁the', '▁'), ...bytes('🐙'), ...bytes('!')])
    assert.equal(tokenizer().decode(encoded), ' the 🐙!')
    assert.deepEqual(tokenizer().encode('hé\n', plain), [...ids('▁', 'hé'), ...bytes('\n')])
  })

  it('gives what merging pair by pair gives, and the text again', () => {
    const [withSpace, without] = [tokenizer(), tokenizer({ 'tokenizer.ggml.add_space_prefix': false })]
    const text = fc.string({ unit: fc.constantFrom(...Array.from(' theamplé'), 'x', '🐙', '<', '\n'), maxLength: 40 }).filter((any) => any !== '' && !any.includes('\n\n'))
    fc.assert(fc.property(text, (any) => {
      assert.deepEqual(withSpace.encode(any, plain), merged(` ${any}`))
      assert.deepEqual(without.encode(any, plain), merged(any))
      assert.equal(without.decode(without.encode(any, plain)), any)
    }), { numRuns: 500 })
  })

  it('finds control tokens where they are meant, and whole tokens of the user\'s kind in any text', () => {
    assert.deepEqual(tokenizer().encode('<s>the</s>', { special: true }), ids('<s>', '▁the', '</s>'))
    const asText = tokenizer().encode('<s>', plain)
    assert.ok(!asText.includes(1))
    assert.equal(tokenizer().decode(asText), ' <s>')
    assert.deepEqual(tokenizer().encode('the\n\nlamp', plain), ids('▁the', '\n\n', '▁lamp'))
    // neither bytes nor the unknown one can be written by name
    assert.deepEqual(tokenizer().encode('<0x41>', plain), [...ids('▁'), ...bytes('<0x41>')])
    assert.ok(!tokenizer().encode('<unk>', plain).includes(0))
  })

  it('has the first token for its template, and says whether a text begins with it', () => {
    assert.deepEqual(tokenizer().encodeChat([{ role: 'user', content: 'the<s>' }]).filter((id) => id === 1).length, 1)
    assert.deepEqual(data().specialTokens, { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' })
    const begins = (changes: Parameters<typeof data>[0]): boolean => JSON.stringify(data(changes).tokenizer.post_processor).includes('"<s>"')
    assert.ok(begins({}))
    assert.ok(begins({ 'tokenizer.ggml.add_bos_token': true }))
    assert.ok(!begins({ 'tokenizer.ggml.add_bos_token': false }))
    assert.ok(!begins({ 'tokenizer.ggml.bos_token_id': undefined }))
  })

  it('swallows white space behind special tokens where its architecture does', () => {
    const chat = [{ role: 'user', content: 'the' }]
    assert.deepEqual(tokenizer().encodeChat(chat), [...ids('<s>', '<turn>', '▁'), ...bytes('\n'), ...ids('t', 'he', '<turn>')])
    assert.deepEqual(tokenizer({}, 'phi3').encodeChat(chat), ids('<s>', '<turn>', '▁the', '<turn>'))
  })

  for (const [what, changes, message] of [
    ['scores', { 'tokenizer.ggml.scores': undefined }, /tokenizer\.ggml\.scores .* no list of \d+ numbers/],
    ['a score for each token', { 'tokenizer.ggml.scores': [1, 2] }, /tokenizer\.ggml\.scores/],
    ['scores that are numbers', { 'tokenizer.ggml.scores': vocabulary.map(() => Number.NaN) }, /tokenizer\.ggml\.scores/],
    ['tokens', { 'tokenizer.ggml.tokens': [1, 2] }, /tokenizer\.ggml\.tokens/]
  ] as const) {
    it(`is refused without ${what}`, () => {
      assert.throws(() => data(changes), { name: 'FormatError', message })
    })
  }

  for (const kind of ['t5', 'bert', 'rwkv', undefined, 7, 'constructor']) {
    it(`is refused by name where it is of the kind ${String(kind)}`, () => {
      assert.throws(() => data({ 'tokenizer.ggml.model': kind }), { name: 'UnsupportedModelError', message: /supported are gpt2 .* and llama/ })
    })
  }

  it('is refused by name where text is cut in a way that is not known', () => {
    assert.throws(() => data({ 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'toString' }), { name: 'UnsupportedModelError', message: /"toString" is not supported yet; supported are gpt-2, .*tekken/ })
  })
})
