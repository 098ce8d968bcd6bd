import { SchemaError } from '../errors.ts'

/** A schema that is an object, with where it stands, for messages. */
export interface SchemaView {
  readonly schema: Readonly<Record<string, unknown>>
  readonly path: string
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

export const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const
export type TypeName = typeof TYPES[number]

/** What says nothing about a value. */
const annotations: ReadonlySet<string> = new Set([
  'title', 'description', 'default', 'examples', 'example', '$schema', '$comment', '$defs', 'definitions', 'deprecated', 'readOnly', 'writeOnly', 'discriminator'
])

/** Keywords that say something about values of one type alone. */
export const keywordsOf: Readonly<Record<TypeName, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  boolean: [],
  null: []
}

const known: ReadonlySet<string> = new Set([...annotations, 'type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref', ...Object.values(keywordsOf).flat()])

export const isAnnotation = (keyword: string): boolean => annotations.has(keyword) || keyword.startsWith('x-')

const shown = (word: string): string => JSON.stringify(word.length > 64 ? `${word.slice(0, 64)}…` : word)
export const fail = ({ path }: Pick<SchemaView, 'path'>, what: string): never => { throw new SchemaError(`${what} (at ${path})`) }

/** @throws {SchemaError} where it is none, or has a keyword that is not known */
export function viewOf (schema: unknown, path: string): SchemaView {
  if (!isObject(schema)) throw new SchemaError(`a schema is an object, true or false (at ${path})`)
  const view = { schema, path }
  for (const keyword of Object.keys(schema)) {
    if (keyword === '$id' && path === '#') continue
    if (!known.has(keyword) && !isAnnotation(keyword)) fail(view, `the keyword ${shown(keyword)} is not supported`)
  }
  return view
}

/** Keywords that are there and are no annotations, `but` aside. */
export const assertions = ({ schema }: SchemaView, ...but: readonly string[]): string[] =>
  Object.keys(schema).filter((keyword) => !isAnnotation(keyword) && keyword !== '$id' && !but.includes(keyword))

/** @throws {SchemaError} where something else stands beside */
export function alone (view: SchemaView, keyword: string, ...but: readonly string[]): void {
  const [other] = assertions(view, keyword, ...but)
  if (other !== undefined) fail(view, `the keyword ${shown(other)} is not supported beside ${shown(keyword)}`)
}

/** A count. @throws {SchemaError} */
export function count (view: SchemaView, keyword: string, otherwise: number): number {
  const value = view.schema[keyword]
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return fail(view, `${shown(keyword)} has to be a whole number, not below 0`)
  return value
}

/** @throws {SchemaError} */
export function numberAt (view: SchemaView, keyword: string): number | undefined {
  const value = view.schema[keyword]
  if (value === undefined || typeof value === 'number') return value
  return fail(view, `${shown(keyword)} has to be a number`)
}

/** @throws {SchemaError} */
export function stringAt (view: SchemaView, keyword: string): string | undefined {
  const value = view.schema[keyword]
  if (value === undefined || typeof value === 'string') return value
  return fail(view, `${shown(keyword)} has to be a string`)
}

/** @throws {SchemaError} */
export function listAt (view: SchemaView, keyword: string): readonly unknown[] | undefined {
  const value: unknown = view.schema[keyword]
  if (value === undefined || Array.isArray(value)) return value
  return fail(view, `${shown(keyword)} has to be a list`)
}

/** The types that are named, or those that the keywords are about; undefined where nothing is said. @throws {SchemaError} */
export function typesOf (view: SchemaView): readonly TypeName[] | undefined {
  const { type } = view.schema
  if (type === undefined) {
    const implied = TYPES.filter((name) => name !== 'integer' && keywordsOf[name].some((keyword) => Object.hasOwn(view.schema, keyword)))
    return implied.length === 0 ? undefined : implied
  }
  return (Array.isArray(type) ? type as unknown[] : [type]).map((name) =>
    TYPES.find((each) => each === name) ?? fail(view, `the type ${shown(String(name))} does not exist`))
}

export function typeOfValue (value: unknown): readonly TypeName[] {
  if (value === null) return ['null']
  if (Array.isArray(value)) return ['array']
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer', 'number'] : ['number']
  return [typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'object']
}

/** The values that `enum` or `const` leave, of the types that are named; undefined where neither is there. @throws {SchemaError} */
export function valuesOf (view: SchemaView): readonly unknown[] | undefined {
  const listed = Object.hasOwn(view.schema, 'const') ? [view.schema.const] : listAt(view, 'enum')
  if (listed === undefined) return undefined
  alone(view, Object.hasOwn(view.schema, 'const') ? 'const' : 'enum', 'type')
  const types = typesOf(view)
  return types === undefined ? listed : listed.filter((value) => typeOfValue(value).some((type) => types.includes(type)))
}
