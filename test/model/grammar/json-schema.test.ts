import assert from 'node:assert/strict'
import { schemaGrammar } from '../../../src/model/index.ts'

const refused = (schema: unknown, words: RegExp): void => {
  assert.throws(() => schemaGrammar(JSON.stringify(schema)), (error) => error instanceof Error && error.name === 'SchemaError' && words.test(error.message))
}
const person = { type: 'object', properties: { kind: { const: 'person' } }, required: ['kind'] }
const place = { type: 'object', properties: { kind: { enum: ['town', 'land'] } }, required: ['kind'] }

describe('the grammar of a JSON Schema', () => {
  for (const keyword of [
    'multipleOf', 'uniqueItems', 'contains', 'minContains', 'minProperties', 'maxProperties', 'patternProperties', 'propertyNames', 'dependentRequired', 'dependentSchemas', 'if', 'not',
    'unevaluatedProperties', 'unevaluatedItems', 'additionalItems', '$dynamicRef', '$anchor', 'nullable', 'anything'
  ]) {
    it(`is refused for '${keyword}', by name and place`, () => {
      refused({ type: 'object', properties: { deep: { [keyword]: keyword === 'uniqueItems' ? true : 1, ...(keyword === 'uniqueItems' ? { type: 'array' } : {}) } } }, new RegExp(`${keyword.replace('$', '\\$')}.*properties/deep`))
    })
  }

  for (const [what, schema, words] of [
    ['several schemas in allOf', { allOf: [{ type: 'string' }, { maxLength: 3 }] }, /allOf/],
    ['oneOf whose schemas may both fit', { oneOf: [{ type: 'integer' }, { type: 'number' }] }, /oneOf/],
    ['keywords beside a reference', { $ref: '#/$defs/a', minLength: 2, $defs: { a: { type: 'string' } } }, /minLength/],
    ['keywords of another type', { type: 'string', minimum: 2 }, /minimum/],
    ['lengths beside a pattern', { type: 'string', pattern: 'a', maxLength: 2 }, /maxLength/],
    ['a format that is not known', { type: 'string', format: 'iri' }, /iri.*uuid/],
    ['a type that is none', { type: 'text' }, /text/],
    ['a reference elsewhere', { $ref: 'https://example.org/a' }, /https/],
    ['a reference to nothing', { $ref: '#/$defs/b' }, /nowhere/],
    ['a reference to itself', { $ref: '#' }, /no value fits/],
    ['a value that never ends', { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }, /no value fits/],
    ['look-around', { type: 'string', pattern: '(?=a)b' }, /look-around/],
    ['back references', { type: 'string', pattern: '(a)\\1' }, /\\1/],
    ['word borders', { type: 'string', pattern: '\\bword\\b' }, /\\b/],
    ['an anchor in the middle', { type: 'string', pattern: 'a^b' }, /anchor/],
    ['a malformed pattern', { type: 'string', pattern: '(' }, /pattern/],
    ['a length that is none', { type: 'string', maxLength: -1 }, /maxLength/],
    ['what is no schema', [], /object/]
  ] as const) {
    it(`is refused for ${what}`, () => { refused(schema, words) })
  }

  it('takes oneOf where no value fits two of its schemas', () => {
    for (const oneOf of [[{ type: 'string' }, { type: 'integer' }, { type: 'null' }], [person, place], [{ const: 1 }, { enum: [2, 'a'] }], [{ $ref: '#/$defs/p' }, place]]) {
      assert.ok(schemaGrammar(JSON.stringify({ oneOf, $defs: { p: person } })).startsWith('root ::= '))
    }
  })

  it('leaves out what says nothing of values', () => {
    const plain = { type: 'string', maxLength: 3 }
    assert.equal(schemaGrammar(JSON.stringify({ ...plain, title: 'a', description: 'b', default: 1, examples: [], $schema: 'c', $comment: 'd', deprecated: true, 'x-own': 1, $id: 'e' })), schemaGrammar(JSON.stringify(plain)))
  })

  it('grows with its schema, not with a power of it', () => {
    const nested = (depth: number): unknown => depth === 0 ? { type: 'string' } : { type: 'object', properties: { a: nested(depth - 1), b: { type: 'array', items: { type: 'null' } } } }
    const [small, large] = [10, 40].map((depth) => schemaGrammar(JSON.stringify(nested(depth))).length)
    assert.ok((large ?? Infinity) < 8 * (small ?? 0))
    const wide = { type: 'object', properties: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, { type: 'integer' }])) }
    assert.ok(schemaGrammar(JSON.stringify(wide)).length < 256 * 1024)
  })

  it('is refused where the schema is nested too deep, or the grammar would be too long', () => {
    let deep: unknown = { type: 'null' }
    for (let depth = 0; depth < 1000; depth++) deep = { type: 'array', items: deep }
    refused(deep, /deep/)
    refused({ enum: Array.from({ length: 30_000 }, (_, index) => `value number ${index}`) }, /characters/)
  })
})
