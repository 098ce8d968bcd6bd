import { SchemaError } from '../errors.ts'
import { finished, schemaRules, type SchemaRules } from '../grammar/json-schema.ts'
import { COMMA } from '../grammar/json-text.ts'
import { choice, named, repeat, sequence, text, type Rule } from '../grammar/rules.ts'
import { aroundArguments, type CallFormat } from './call-format.ts'
import type { ToolDefinition } from '../chat.ts'

export interface CallGrammarInit {
  readonly format: CallFormat
  /** Those that may be called. */
  readonly tools: readonly ToolDefinition[]
  /** The answer has to be a call. */
  readonly required: boolean
  readonly several: boolean
  /** What the answer is where it is no call: JSON Schema as a value; undefined: anything. */
  readonly otherwise?: unknown
}

/** A grammar of an answer with calls; with a marker, anything may come before it. */
export interface CallGrammar {
  readonly text: string
  readonly marker?: string
  readonly many: boolean
}

/** @throws {SchemaError} where arguments that have to fit their schema can't be held to it */
export function callGrammar ({ format, tools, required, several, otherwise }: CallGrammarInit): CallGrammar {
  const made = schemaRules()
  const calls = choice(...tools.map((tool) => {
    const [before, behind] = aroundArguments(format, tool.name)
    return sequence(text(before), named(argumentsRule(made, tool, required)), text(behind))
  }))
  made.rules.set('call', calls)
  const some: Rule = format.isList && several ? sequence(named('call'), repeat(sequence(COMMA, named('call')), 0)) : named('call')
  const block = sequence(text(format.open), some, text(format.close))
  const isRepeated = several && format.again !== undefined
  if (!required && otherwise === undefined) {
    made.rules.set('root', block)
    return { text: finished(made.rules), marker: format.marker, many: isRepeated }
  }
  const marked = sequence(text(format.marker), block)
  const all = isRepeated ? sequence(marked, repeat(sequence(text(format.again ?? ''), marked), 0)) : marked
  made.rules.set('root', required ? all : choice(all, named(made.add(otherwise))))
  return { text: finished(made.rules), many: false }
}

/** Held to the schema as far as that is asked for, or possible. */
function argumentsRule (made: SchemaRules, { name, parameters, strict = false }: ToolDefinition, required: boolean): string {
  if (parameters === undefined) return made.add({ type: 'object', additionalProperties: false })
  try {
    // whatever the schema says, arguments are an object
    return made.add(Object.hasOwn(parameters, 'type') || Object.hasOwn(parameters, '$ref') || Object.hasOwn(parameters, 'anyOf') ? parameters : { type: 'object', ...parameters })
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    if (strict || required) throw new SchemaError(`the parameters of the tool '${name.slice(0, 64)}': ${error.message}`, { cause: error })
    return made.add({ type: 'object' })
  }
}
