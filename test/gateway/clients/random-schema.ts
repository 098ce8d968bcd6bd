/** JSON Schemas that any model can satisfy in a few tokens: everything is bounded. */
import fc from 'fast-check'

export type Schema = Readonly<Record<string, unknown>>

const names = ['name', 'age', 'city', 'tags', 'score', 'kind', 'parent', 'unit']

const leaf: fc.Arbitrary<Schema> = fc.oneof(
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: 'null' }),
  fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(1000)).map(([minimum, range]) => ({ type: 'integer', minimum, maximum: minimum + range })),
  fc.integer({ min: 1, max: 12 }).map((maxLength) => ({ type: 'string', maxLength })),
  fc.uniqueArray(fc.constantFrom('red', 'green', 'blue', 'a "quoted" word', 'ä ö ü', '日本'), { minLength: 1, maxLength: 4 }).map((values) => ({ type: 'string', enum: values })),
  fc.constantFrom<unknown>('x', 7, true, null).map((value) => ({ const: value }))
)

const { schema } = fc.letrec<{ schema: Schema, object: Schema }>((tie) => ({
  object: fc.tuple(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }), fc.infiniteStream(tie('schema')), fc.nat(15)).map(([keys, values, optional]) => ({
    type: 'object',
    properties: Object.fromEntries(keys.map((key) => [key, values.next().value as Schema])),
    // the first is always there, so that no object is empty
    required: keys.filter((_, index) => index === 0 || (optional & (1 << index)) !== 0),
    additionalProperties: false
  })),
  schema: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { arbitrary: leaf, weight: 4 },
    { arbitrary: tie('object'), weight: 2 },
    { arbitrary: fc.tuple(leaf, fc.integer({ min: 0, max: 1 }), fc.integer({ min: 1, max: 3 })).map(([items, minItems, maxItems]) => ({ type: 'array', items, minItems, maxItems })), weight: 1 },
    { arbitrary: fc.tuple(leaf, leaf).map((anyOf) => ({ anyOf })), weight: 1 }
  )
}))

/** The same schemas for the same seed: objects at the top, as OpenAI has them. */
export function randomSchemas (count: number, seed: number): Schema[] {
  const object = fc.tuple(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }), fc.array(schema, { minLength: 3, maxLength: 3 })).map(([keys, values]): Schema => ({
    type: 'object',
    properties: Object.fromEntries(keys.map((key, index) => [key, values[index] ?? {}])),
    required: keys,
    additionalProperties: false
  }))
  return fc.sample(object, { numRuns: count, seed })
}
