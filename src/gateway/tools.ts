/** Tools and formats: from OpenAI's fields to what a coordinator is asked, and calls back. */
import { HttpError } from './errors.ts'
import type { FunctionFields, ResponseFormatField } from './schema/tools.ts'
import type { ToolCall, ToolDefinition } from '../model/index.ts'
import type { GenerateRequest, ResponseFormat, ToolChoice } from '../pipeline/index.ts'

/** What a request says of tools, whichever endpoint it came to. */
export interface AskedTools {
  readonly tools: readonly FunctionFields[]
  /** A list: one of these only. */
  readonly choice: ToolChoice | { readonly mode: 'auto' | 'required', readonly names: readonly string[] } | undefined
  readonly parallel: boolean | null | undefined
}

const definition = ({ name, description, parameters, strict }: FunctionFields): ToolDefinition => ({
  name,
  ...(description == null ? {} : { description }),
  ...(parameters == null ? {} : { parameters }),
  ...(strict == null ? {} : { strict })
})

const wrong = (param: string, message: string): HttpError => new HttpError(`'${param}' ${message}`, { status: 400, param, code: 'invalid_value' })

/** @throws {HttpError} 400 for a choice of what is not there, and for two tools of one name */
export function toolOptions ({ tools, choice, parallel }: AskedTools): Pick<GenerateRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  if (tools.length === 0) {
    if (choice === undefined || choice === 'none' || choice === 'auto') return {}
    throw wrong('tool_choice', "needs 'tools'")
  }
  const known = new Set(tools.map(({ name }) => name))
  if (known.size < tools.length) throw wrong('tools', 'has two functions of one name')
  const asked = typeof choice !== 'object' ? [] : 'name' in choice ? [choice.name] : choice.names
  const unknown = asked.find((name) => !known.has(name))
  if (unknown !== undefined) throw wrong('tool_choice', `names ${unknown}, which is none of the tools`)
  const allowed = typeof choice === 'object' && 'names' in choice ? choice : undefined
  return {
    tools: tools.filter(({ name }) => allowed === undefined || allowed.names.includes(name)).map(definition),
    ...(choice === undefined ? {} : { toolChoice: typeof choice === 'object' && 'names' in choice ? choice.mode : choice }),
    ...(parallel == null ? {} : { parallelToolCalls: parallel })
  }
}

/** What a request says of the answer's text. */
export interface AskedFormat {
  readonly type: 'text' | 'json_object' | 'json_schema'
  readonly schema?: Readonly<Record<string, unknown>> | null | undefined
}

/** Without a schema a JSON format takes any object. */
export function formatOption (format: AskedFormat | null | undefined): { readonly format?: ResponseFormat } {
  if (format == null || format.type === 'text') return {}
  return { format: format.schema == null ? { kind: 'json' } : { kind: 'schema', schema: JSON.stringify(format.schema) } }
}

/** The same from `response_format`. */
export const responseFormatOption = (format: ResponseFormatField): ReturnType<typeof formatOption> =>
  formatOption(format?.type === 'json_schema' ? { type: format.type, schema: format.json_schema.schema } : format)

/** A call as chat completions have it. */
export const callBody = ({ id, name, arguments: text }: ToolCall): object => ({ id, type: 'function', function: { name, arguments: text } })
