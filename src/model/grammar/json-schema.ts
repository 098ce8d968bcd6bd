import { SchemaError } from '../errors.ts'
import { formatPatterns } from './formats.ts'
import { COMMA, jsonText, otherString, sharedRules } from './json-text.ts'
import { integersWithin, numbersWithin, type NumberRange } from './number-range.ts'
import { choice, named, optional, repeat, sequence, text, writeRules, type Rule } from './rules.ts'
import { areApart } from './schemas-apart.ts'
import { alone, assertions, count, fail, isObject, listAt, numberAt, stringAt, typesOf, valuesOf, viewOf, keywordsOf, type SchemaView, type TypeName } from './schema-view.ts'
import { MAX_REPEATS, patternRule } from './string-pattern.ts'

/** How deep schemas lie in one another, and how many there may be. */
const MAX_DEPTH = 64
const MAX_SCHEMAS = 20_000
/** A grammar in characters. */
export const MAX_GRAMMAR = 256 * 1024

/** Makes rules of JSON Schemas, each with its own `$defs`; the rules are shared. */
export interface SchemaRules {
  /** The name of a rule that is a value of the schema. @throws {SchemaError} */
  add (schema: unknown): string
  readonly rules: Map<string, Rule>
}

/** The rule of a schema within. */
type Inner = (schema: unknown, key: string) => Rule
type Share = (rule: Rule) => Rule

export function schemaRules (): SchemaRules {
  const rules = new Map<string, Rule>(sharedRules)
  let made = 0

  /** What is needed several times gets a name, or a grammar would double with each level. */
  function share (rule: Rule): Rule {
    if (rule.kind === 'named') return rule
    const name = `schema_${++made}`
    rules.set(name, rule)
    return named(name)
  }

  /** Of one root, that references are looked up in. */
  function compile (root: unknown): string {
    const references = new Map<string, string>()

    function visit (schema: unknown, path: string, depth: number): Rule {
      if (schema === true) return named('value')
      if (schema === false) return choice()
      if (depth > MAX_DEPTH) throw new SchemaError(`schemas lie more than ${MAX_DEPTH} deep in one another (at ${path.slice(0, 200)})`)
      if (++made > MAX_SCHEMAS) throw new SchemaError(`there are more than ${MAX_SCHEMAS} schemas`)
      const view = viewOf(schema, path)
      const inner = (value: unknown, key: string): Rule => visit(value, `${path}/${key}`, depth + 1)
      if (view.schema.$ref !== undefined) return reference(view, depth)
      for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const) {
        const list = listAt(view, keyword)
        if (list === undefined) continue
        alone(view, keyword)
        if (keyword === 'allOf' && list.length !== 1) fail(view, "'allOf' of several schemas is not supported")
        if (keyword === 'oneOf' && !areApart(list.map((each, index) => viewOfReferred(each, `${path}/oneOf/${index}`)))) {
          fail(view, "'oneOf' is supported only where no value can fit two of its schemas: by type, or by a required property with different constants")
        }
        return choice(...list.map((each, index) => inner(each, `${keyword}/${index}`)))
      }
      const values = valuesOf(view)
      if (values !== undefined) return choice(...values.map((value) => text(jsonText(value))))
      const types = typesOf(view)
      if (types === undefined) return named('value')
      const foreign = assertions(view, 'type').find((keyword) => !types.some((type) => keywordsOf[type].includes(keyword)))
      if (foreign !== undefined) fail(view, `the keyword '${foreign}' is not supported beside the type ${types.join(', ')}`)
      return choice(...types.map((type) => typed(type, view, inner)))
    }

    function typed (type: TypeName, view: SchemaView, inner: Inner): Rule {
      switch (type) {
        case 'null': return text('null')
        case 'boolean': return choice(text('true'), text('false'))
        case 'integer':
        case 'number': return numberRule(type, view)
        case 'string': return stringRule(view)
        case 'array': return arrayRule(view, inner, share)
        case 'object': return objectRule(view, inner, share)
      }
    }

    /** `#`, `#/$defs/name` and any other pointer into the root. */
    function lookUp (view: SchemaView): { readonly pointer: string, readonly target: unknown } {
      const pointer = stringAt(view, '$ref') ?? ''
      if (!pointer.startsWith('#') || (pointer.length > 1 && !pointer.startsWith('#/'))) fail(view, `the reference ${JSON.stringify(pointer.slice(0, 64))} is not supported; supported are those that begin with #/`)
      let target: unknown = root
      for (const step of pointer.split('/').slice(1)) {
        const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
        target = (isObject(target) || Array.isArray(target)) && Object.hasOwn(target, key) ? (target as Readonly<Record<string, unknown>>)[key] : undefined // `as`: a list has its places as keys
      }
      return target === undefined ? fail(view, `the reference ${JSON.stringify(pointer.slice(0, 64))} leads nowhere`) : { pointer, target }
    }

    function viewOfReferred (schema: unknown, path: string): SchemaView | undefined {
      if (!isObject(schema)) return undefined
      const view = viewOf(schema, path)
      if (schema.$ref === undefined) return view
      const { pointer, target } = lookUp(view)
      return isObject(target) && target.$ref === undefined ? viewOf(target, pointer) : undefined
    }

    function reference (view: SchemaView, depth: number): Rule {
      alone(view, '$ref')
      const { pointer, target } = lookUp(view)
      const before = references.get(pointer)
      if (before !== undefined) return named(before)
      const name = `schema_${++made}`
      references.set(pointer, name)
      rules.set(name, visit(target, pointer, depth + 1))
      return named(name)
    }

    const name = `schema_${++made}`
    references.set('#', name)
    rules.set(name, visit(root, '#', 0))
    return name
  }

  return { add: compile, rules }
}

/** Beyond what a grammar counts, fewer are as right. */
const atMost = (most: number): number => most < Infinity ? Math.min(most, MAX_REPEATS) : Infinity

function decoded (step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

function numberRule (type: 'integer' | 'number', view: SchemaView): Rule {
  const [minimum, maximum, above, below] = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((keyword) => numberAt(view, keyword))
  if ([minimum, maximum, above, below].every((bound) => bound === undefined)) return named(type)
  const leastExcluded = above !== undefined && above >= (minimum ?? -Infinity)
  const mostExcluded = below !== undefined && below <= (maximum ?? Infinity)
  const range: NumberRange = {
    least: leastExcluded ? above : minimum ?? -Infinity,
    leastExcluded,
    most: mostExcluded ? below : maximum ?? Infinity,
    mostExcluded
  }
  return type === 'integer' ? integersWithin(range) : numbersWithin(range)
}

function stringRule (view: SchemaView): Rule {
  const format = stringAt(view, 'format')
  const pattern = stringAt(view, 'pattern')
  if (format !== undefined || pattern !== undefined) {
    const [other] = assertions(view, 'type', format !== undefined ? 'format' : 'pattern').filter((keyword) => keywordsOf.string.includes(keyword))
    if (other !== undefined) fail(view, `the keyword '${other}' is not supported beside '${format !== undefined ? 'format' : 'pattern'}'`)
    const known = format === undefined ? pattern : formatPatterns.get(format)
    if (known === undefined) return fail(view, `the format ${JSON.stringify(format?.slice(0, 64))} is not supported; supported are ${[...formatPatterns.keys()].join(', ')}`)
    try {
      return sequence(text('"'), patternRule(known), text('"'))
    } catch (error) {
      return fail(view, error instanceof Error ? error.message : 'the pattern is malformed')
    }
  }
  const least = count(view, 'minLength', 0)
  const most = count(view, 'maxLength', Infinity)
  if (least > MAX_REPEATS) fail(view, `'minLength' above ${MAX_REPEATS} is not supported`)
  if (least > most) return choice()
  return sequence(text('"'), repeat(named('character'), least, atMost(most)), text('"'))
}

function arrayRule (view: SchemaView, inner: Inner, share: Share): Rule {
  const prefix = listAt(view, 'prefixItems') ?? []
  const { items = true, uniqueItems = false } = view.schema
  if (uniqueItems !== false) fail(view, "the keyword 'uniqueItems' is not supported")
  const least = count(view, 'minItems', 0)
  const most = count(view, 'maxItems', Infinity)
  if (least > MAX_REPEATS) fail(view, `'minItems' above ${MAX_REPEATS} is not supported`)
  if (least > most) return choice()
  const first = prefix.slice(0, most).map((each, index) => inner(each, `prefixItems/${index}`))
  const item = share(inner(items, 'items'))
  const [fewest, largest] = [Math.max(0, least - first.length), most - first.length]
  const rest = atMost(largest)
  if (first.length > 0) return sequence(text('['), joined(first), repeat(sequence(COMMA, item), fewest, rest), text(']'))
  const some = rest === 0 ? choice() : sequence(text('['), item, repeat(sequence(COMMA, item), Math.max(0, fewest - 1), rest - 1), text(']'))
  return fewest > 0 ? some : choice(text('[]'), some)
}

const joined = (list: readonly Rule[]): Rule => sequence(...list.flatMap((each, index) => index === 0 ? [each] : [COMMA, each]))

/** Properties come in the order of the schema, those it requires beyond that next, then others where they are allowed. */
function objectRule (view: SchemaView, inner: Inner, share: Share): Rule {
  const { properties = {}, additionalProperties } = view.schema
  if (!isObject(properties)) return fail(view, "'properties' has to be an object")
  const required = (listAt(view, 'required') ?? []).map((name) => typeof name === 'string' ? name : fail(view, "'required' has to be a list of names"))
  const names = Object.keys(properties)
  const extra = [...new Set(required)].filter((name) => !Object.hasOwn(properties, name))
  // what a schema says nothing of is left out, unless it says nothing at all
  const others = additionalProperties ?? (names.length === 0 && extra.length === 0)
  if (additionalProperties !== undefined && typeof additionalProperties !== 'boolean' && !isObject(additionalProperties)) fail(view, "'additionalProperties' has to be a schema")
  const beyond = share(inner(extra.length > 0 && additionalProperties === undefined ? true : others, 'additionalProperties'))
  const pair = (name: string, value: Rule): Rule => sequence(text(`${JSON.stringify(name)}: `), value)
  const listed = [
    ...names.map((name) => ({ rule: share(pair(name, inner(properties[name], `properties/${name}`))), isRequired: required.includes(name) })),
    ...extra.map((name) => ({ rule: share(pair(name, beyond)), isRequired: true }))
  ]
  const all = [...names, ...extra]
  const another = others === false ? choice() : share(sequence(all.length === 0 ? named('string') : otherString(all), text(': '), beyond))
  // from behind: what may follow with nothing written yet, and with something
  let later = share(repeat(sequence(COMMA, another), 0))
  let first = share(optional(sequence(another, later)))
  for (const { rule, isRequired } of listed.reverse()) {
    first = share(isRequired ? sequence(rule, later) : choice(sequence(rule, later), first))
    later = share(isRequired ? sequence(COMMA, rule, later) : choice(sequence(COMMA, rule, later), later))
  }
  return sequence(text('{'), first, text('}'))
}

/** Any JSON object. */
export const jsonGrammar = (): string => grammarOf({ type: 'object' })

/** EBNF of the JSON texts of some values of a schema, as many as can be told apart; see protocols/ring/README.md. @throws {SchemaError} */
export function schemaGrammar (schema: string): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(schema)
  } catch (error) {
    throw new SchemaError('the schema is no JSON', { cause: error })
  }
  return grammarOf(parsed)
}

function grammarOf (schema: unknown): string {
  const made = schemaRules()
  made.rules.set('root', named(made.add(schema)))
  return finished(made.rules)
}

/** @throws {SchemaError} where nothing fits, or too much would have to be written */
export function finished (rules: ReadonlyMap<string, Rule>): string {
  const written = writeRules(rules, 'root')
  if (written === undefined) throw new SchemaError('no value fits the schema')
  if (written.length > MAX_GRAMMAR) throw new SchemaError(`the schema needs a grammar of ${written.length} characters, and ${MAX_GRAMMAR} are taken`)
  return written
}
