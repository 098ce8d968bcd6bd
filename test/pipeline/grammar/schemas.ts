import fc from 'fast-check'

type Schema = Readonly<Record<string, unknown>>

const literal = fc.oneof(fc.constantFrom('a', 'b"', 'é😀', '', null, true, 1, -2.5), fc.integer({ min: -300, max: 300 }))
const name = fc.constantFrom('a', 'ab', 'b', 'c"', '"', 'é', 'x y', '')
const numberType = fc.constantFrom('integer', 'number')

/** JSON Schemas of all keywords that are supported, most of which some value fits. */
export const { schema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom({ type: 'null' }, { type: 'boolean' }, { type: 'integer' }, { type: 'number' }, { type: 'string', maxLength: 6 }, { type: ['string', 'null'], maxLength: 2 }),
    fc.tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 0, max: 300 }), numberType, fc.constantFrom(1, 0.37, 0.001))
      .map(([least, more, type, unit]) => ({ type, minimum: least * unit, maximum: (least + more) * unit })),
    fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 2, max: 300 }), numberType).map(([least, more, type]) => ({ type, exclusiveMinimum: least / 2, exclusiveMaximum: least / 2 + more })),
    fc.array(literal, { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
    literal.map((value) => ({ const: value })),
    fc.tuple(fc.nat(3), fc.nat(4)).map(([least, more]) => ({ type: 'string', minLength: least, maxLength: least + more })),
    fc.constantFrom('^[a-z]{2,4}$', '^(foo|ba[rz])+$', '[^"]\\d', '^\\w+@\\w+\\.com$', '^.{1,5}$', '^\\s?x\\\\y$', '^[à-ü]+$', 'a|^b$').map((pattern) => ({ type: 'string', pattern })),
    fc.constantFrom('date', 'time', 'date-time', 'email', 'ipv4', 'ipv6', 'uuid', 'uri', 'hostname', 'duration').map((format) => ({ type: 'string', format })),
    fc.tuple(tie('schema'), fc.nat(2), fc.nat(2)).map(([items, least, more]) => ({ type: 'array', items, minItems: least, maxItems: least + more })),
    fc.tuple(fc.array(tie('schema'), { minLength: 1, maxLength: 3 }), fc.oneof(fc.constant(false), tie('schema')), fc.nat(4))
      .map(([prefixItems, items, more]) => ({ type: 'array', prefixItems, items, minItems: prefixItems.length, maxItems: prefixItems.length + more })),
    fc.tuple(fc.uniqueArray(fc.tuple(name, tie('schema'), fc.boolean()), { maxLength: 4, selector: ([own]) => own }), fc.option(fc.oneof(fc.boolean(), tie('schema')), { nil: undefined }))
      .map(([properties, additionalProperties]) => ({
        type: 'object',
        properties: Object.fromEntries(properties.map(([own, of]) => [own, of])),
        required: properties.filter(([, , isRequired]) => isRequired).map(([own]) => own),
        ...(additionalProperties === undefined ? {} : { additionalProperties })
      })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf }))
  )
}))
