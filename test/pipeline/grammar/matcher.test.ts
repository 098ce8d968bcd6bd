import assert from 'node:assert/strict'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { SchemaError, jsonGrammar, schemaGrammar } from '../../../src/model/index.ts'
import { parseGrammar } from '../../../src/pipeline/grammar/grammar-text.ts'
import { matcher, type Matcher, type TokenMask } from '../../../src/pipeline/grammar/matcher.ts'
import { network } from '../../../src/pipeline/grammar/network.ts'
import { tokenTrie } from '../../../src/pipeline/grammar/token-trie.ts'
import { schema } from './schemas.ts'

/** All bytes, some words over the borders of values, and a control token. */
const WORDS = ['", "', '": ', '{"', '"}', 'true', ' a', '12', '\\"', 'é', '😀', '0.', '<tool', '_call>', 'é"']
const tokens: Array<Uint8Array | undefined> = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), ...WORDS.map((word) => new TextEncoder().encode(word)), undefined]
const trie = tokenTrie(tokens)
const END = tokens.length

const follow = (text: string, marker?: { text: string, many: boolean }): Matcher => matcher(network(parseGrammar(text), marker), trie, (id) => tokens[id])
const textOf = (ids: readonly number[]): string => Buffer.concat(ids.map((id) => tokens[id] ?? new Uint8Array(0))).toString('utf8')
const allowed = ({ bits, complete }: TokenMask): number[] => [
  ...tokens.flatMap((_, id) => (((bits[id >> 5] ?? 0) >>> (id & 31)) & 1) === 1 ? [id] : []), ...(complete ? [END] : [])
]
const idsOf = (text: string): number[] => Array.from(new TextEncoder().encode(text))

/** A text that comes to an end sooner or later, by whatever numbers say; undefined where it did not. */
function write (matching: Matcher, numbers: Iterator<number>): number[] | undefined {
  const ids: number[] = []
  while (ids.length < 500) {
    const choices = allowed(matching.mask())
    assert.ok(choices.length > 0, `nothing may follow ${textOf(ids)}`)
    const ends = [34, 93, 125].filter((id) => choices.includes(id))
    const number = Number(numbers.next().value)
    const id = choices.includes(END) && number % 3 < 2 ? END : ids.length > 60 && ends.length > 0 ? ends[number % ends.length] ?? END : choices[number % choices.length] ?? END
    if (id === END) return ids
    matching.read(ids.length, [id])
    ids.push(id)
  }
  return undefined
}

/** Undefined where nothing fits, which is told. */
function grammarOf (of: unknown): string | undefined {
  try {
    return schemaGrammar(JSON.stringify(of))
  } catch (error) {
    if (error instanceof SchemaError && error.message.includes('no value fits')) return undefined
    throw error
  }
}

describe('an answer that is held to a grammar', () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)

  it('is valid by its schema, whatever is chosen', () => {
    let ended = 0
    fc.assert(fc.property(schema, fc.infiniteStream(fc.nat(1_000_000)), (of, numbers) => {
      const grammar = grammarOf(of)
      const ids = grammar === undefined ? undefined : write(follow(grammar), numbers)
      if (ids === undefined) return
      ended++
      assert.ok(ajv.validate(of, JSON.parse(textOf(ids))), `${textOf(ids)} is not of ${JSON.stringify(of)}: ${JSON.stringify(ajv.errors)}`)
    }), { numRuns: 100, endOnFailure: true })
    assert.ok(ended > 50)
  }).timeout(120_000)

  it('goes on the same after some of it was taken back', () => {
    fc.assert(fc.property(schema, fc.infiniteStream(fc.nat(1_000_000)), fc.nat(), (of, numbers, place) => {
      const grammar = grammarOf(of)
      if (grammar === undefined) return
      const matching = follow(grammar)
      const ids = write(matching, numbers) ?? []
      const keep = place % (ids.length + 1)
      matching.read(keep, [])
      const other = follow(grammar)
      other.read(0, ids.slice(0, keep))
      assert.deepEqual(allowed(matching.mask()), allowed(other.mask()))
      matching.read(keep, ids.slice(keep))
      other.read(keep, ids.slice(keep))
      assert.deepEqual(allowed(matching.mask()), allowed(other.mask()))
    }), { numRuns: 40, endOnFailure: true })
  }).timeout(120_000)

  it('has no byte that is no UTF-8', () => {
    const matching = follow(schemaGrammar('{"type":"string"}'))
    for (const [written, next] of [[[0xed], [0x80, 0x9f]], [[0xe0], [0xa0, 0xbf]], [[0xf4], [0x80, 0x8f]], [[0xf0, 0x9f], [0x80, 0xbf]]] as const) {
      matching.read(0, [34, ...written])
      const choices = allowed(matching.mask())
      assert.deepEqual([choices[0], choices.at(-1)], next)
    }
  })

  it('is free until the marker, and again behind it', () => {
    for (const many of [true, false]) {
      const matching = follow('root ::= "(" [0-9]+ ")"', { text: '<tool_call>', many })
      matching.read(0, idsOf('a <tool <tool_cal'))
      assert.ok(matching.mask().complete && allowed(matching.mask()).length > 256)
      matching.read(17, idsOf('l>'))
      assert.deepEqual(allowed(matching.mask()), idsOf('('))
      matching.read(19, idsOf('(1)'))
      assert.deepEqual([matching.mask().complete, allowed(matching.mask()).length > 256], [true, many])
    }
  })

  it('may be as long as it likes', () => {
    const matching = follow(schemaGrammar('{"type":"string","maxLength":60000}'))
    matching.read(0, [34])
    for (let count = 1; count < 20_000; count++) matching.read(count, [97])
    assert.equal(allowed(matching.mask()).length > 100, true)
    matching.read(10, [])
    matching.read(10, [34])
    assert.deepEqual(allowed(matching.mask()), [END])
  }).timeout(60_000)

  it('refuses what is not of it', () => {
    const matching = follow(jsonGrammar())
    assert.throws(() => { matching.read(0, idsOf('[')) }, { name: 'GrammarError' })
    assert.throws(() => { follow(jsonGrammar()).read(0, [tokens.length - 1]) }, { name: 'GrammarError' })
  })
})

describe('a grammar that means harm', () => {
  const read = (text: string): void => {
    const matching = follow(text)
    matching.read(0, Array.from({ length: 500 }, () => 97))
    matching.mask()
  }

  for (const [what, text] of [
    ['calls itself before anything else', 'root ::= root "a" | "a"'],
    ['has ever more readings', `root ::= s\ns ::= "a" s s | "a" s | "a" ${'s '.repeat(20)} | ""`],
    ['repeats repetitions of nothing', 'root ::= ((("a"{0,60000}){0,60000}){0,60000}){0,60000} "b"']
  ] as const) {
    it(`is given up where it ${what}`, () => {
      assert.throws(() => { read(text) }, { name: 'GrammarError' })
    }).timeout(60_000)
  }

  it('takes no more memory than one answer may, by what it keeps of many readings', () => {
    const runs = Array.from({ length: 60 }, (_, index) => new Uint8Array(index + 1).fill(97))
    const matching = matcher(network(parseGrammar(`root ::= (${Array.from({ length: 12_000 }, () => '[a-z]{0,9000}').join('|')}) "!"`)), tokenTrie(runs), (id) => runs[id])
    assert.throws(() => { matching.mask() }, { name: 'GrammarError', message: /too much memory|costs too much/ })
    assert.ok(matching.bytes < 80 * 1024 * 1024, `${matching.bytes} bytes`)
  }).timeout(60_000)

  it('is made anew in the middle of what is read, where that is long', () => {
    const matching = follow(schemaGrammar('{"type":"string","maxLength":60000}'))
    matching.read(0, [34, ...Array.from({ length: 30_000 }, () => 97)])
    assert.ok(allowed(matching.mask()).length > 100 && matching.bytes < 12 * 1024 * 1024, `${matching.bytes} bytes`)
  }).timeout(60_000)

  for (const [what, text] of [
    ['has no root', 'a ::= "a"'], ['names what is not there', 'root ::= a'], ['ends too early', 'root ::= "a'], ['is nested too deep', `root ::= ${'('.repeat(100_000)}`],
    ['is too long', `root ::= "${'a'.repeat(300_000)}"`], ['repeats too often', 'root ::= "a"{999999}'], ['has a rule twice', 'root ::= "a"\nroot ::= "b"'], ['is no grammar', '{"type":"object"}'],
    ['has ranges from behind', 'root ::= [z-a]'], ['has characters that are none', 'root ::= "\\U00ffffff"']
  ] as const) {
    it(`is refused where it ${what}`, () => {
      assert.throws(() => { follow(text) }, { name: 'MalformedError' })
    })
  }
})
