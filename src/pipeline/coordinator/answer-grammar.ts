import { RequestError } from '../../../protocols/generate/index.ts'
import { callGrammar, jsonGrammar, schemaGrammar, SchemaError, type CallGrammar, type Tokenizer, type ToolDefinition } from '../../model/index.ts'
import type { GrammarPlan } from '../grammar/index.ts'
import type { GenerateRequest, ResponseFormat } from '../types.ts'

/** What an answer has to be, beyond text. */
export interface AnswerShape {
  readonly grammar?: GrammarPlan
  /** Tools whose calls are told from the text. */
  readonly callable: readonly ToolDefinition[]
}

export const MAX_TOOLS = 128
const MAX_NAME_CHARACTERS = 128
/** A schema, and the schemas of all tools together, in characters. */
const MAX_SCHEMA_CHARACTERS = 256 * 1024

/** @throws {RequestError} that names the keyword of a schema that no answer can be held to */
export function answerShape (request: Pick<GenerateRequest, 'prompt' | 'format' | 'tools' | 'toolChoice' | 'parallelToolCalls'>, tokenizer: Pick<Tokenizer, 'calls' | 'specialIds'>): AnswerShape {
  const { format, tools = [], toolChoice = 'auto', parallelToolCalls = true } = request
  checkTools(request)
  if (format?.kind === 'schema' && format.schema.length > MAX_SCHEMA_CHARACTERS) throw new RequestError(`the schema has ${format.schema.length} characters, and at most ${MAX_SCHEMA_CHARACTERS} are taken`, { field: 'format' })
  const callable = toolChoice === 'none' ? [] : typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools
  const calls = (more: { readonly otherwise?: unknown } = {}): CallGrammar =>
    callGrammar({ format: tokenizer.calls, tools: callable, required: toolChoice !== 'auto', several: parallelToolCalls, ...more })
  try {
    if (callable.length === 0) return { callable, ...(format === undefined ? {} : { grammar: { text: textOf(format), visible: [] } }) }
    const { text, marker, many } = calls(format === undefined ? {} : { otherwise: valueOf(format) })
    return { callable, grammar: { text, visible: tokenizer.specialIds(tokenizer.calls.tokens), ...(marker === undefined ? {} : { marker: { text: marker, many } }) } }
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new RequestError(error.message, { cause: error, field: callable.length === 0 || isMade(calls) ? 'format' : 'tools' })
  }
}

const textOf = (format: ResponseFormat): string => format.kind === 'json' ? jsonGrammar() : schemaGrammar(format.schema)

/** Whether nothing is wrong with a grammar. */
function isMade (make: () => unknown): boolean {
  try {
    make()
    return true
  } catch (error) {
    if (error instanceof SchemaError) return false
    throw error
  }
}

/** The schema as a value. @throws {SchemaError} */
function valueOf (format: ResponseFormat): unknown {
  if (format.kind === 'json') return { type: 'object' }
  try {
    return JSON.parse(format.schema) as unknown
  } catch (error) {
    throw new SchemaError('the schema is no JSON', { cause: error })
  }
}

/** @throws {RequestError} */
function checkTools ({ prompt, tools = [], toolChoice = 'auto' }: Pick<GenerateRequest, 'prompt' | 'tools' | 'toolChoice'>): void {
  if (tools.length === 0) {
    if (toolChoice === 'auto' || toolChoice === 'none') return
    throw new RequestError('a tool is to be called, and there are none', { field: 'toolChoice' })
  }
  if (prompt.kind === 'text') throw new RequestError('tools belong to a chat: a text has no template that shows them', { field: 'tools' })
  if (tools.length > MAX_TOOLS) throw new RequestError(`there are ${tools.length} tools, and at most ${MAX_TOOLS} are taken`, { field: 'tools' })
  const names = new Set<string>()
  let characters = 0
  for (const { name, parameters } of tools) {
    if (name === '' || name.length > MAX_NAME_CHARACTERS) throw new RequestError(`a tool's name has ${name.length} characters, and has to have 1 to ${MAX_NAME_CHARACTERS}`, { field: 'tools' })
    if (names.has(name)) throw new RequestError(`the tool '${name}' is there twice`, { field: 'tools' })
    names.add(name)
    characters += JSON.stringify(parameters ?? {}).length
  }
  if (characters > MAX_SCHEMA_CHARACTERS) throw new RequestError(`the schemas of the tools have ${characters} characters, and at most ${MAX_SCHEMA_CHARACTERS} are taken`, { field: 'tools' })
  if (typeof toolChoice === 'object' && !names.has(toolChoice.name)) throw new RequestError(`the tool '${toolChoice.name.slice(0, MAX_NAME_CHARACTERS)}' is to be called, and there is none of that name`, { field: 'toolChoice' })
}
