/** Tools, their choice and formats, as chat completions have them. */
import { z } from 'zod'

const MAX_TOOLS = 128
/** Characters of a JSON Schema. */
export const MAX_SCHEMA = 256 * 1024

/** Letters, digits, _ and -, at most 64. */
export const toolName = z.string().regex(/^[\w-]{1,64}$/, { error: 'has to be 1 to 64 letters, digits, _ or -' })

/** JSON text of an object; none at all is one without members. */
export const callArguments = z.string().refine((text) => {
  if (text.trim() === '') return true
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}, { error: 'has to be JSON text of an object' })

const onlyFunctions = 'only functions are served'
export const jsonSchema = z.record(z.string(), z.unknown(), { error: 'has to be a JSON Schema' })
  .refine((value) => JSON.stringify(value).length <= MAX_SCHEMA, { error: `has more than ${MAX_SCHEMA} characters` })

export const functionFields = {
  name: toolName,
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
  strict: z.boolean().nullish()
}
export type FunctionFields = z.infer<z.ZodObject<typeof functionFields>>

const functionTag = z.literal('function', { error: onlyFunctions })

export const tools = z.array(z.object({ type: functionTag, function: z.object(functionFields) })).max(MAX_TOOLS).nullish()
export const flatTools = z.array(z.object({ type: functionTag, ...functionFields })).max(MAX_TOOLS).nullish()

const mode = z.enum(['none', 'auto', 'required'], { error: 'has to be none, auto, required or a function' })

export const toolChoice = z.union([
  mode,
  z.object({ type: functionTag, function: z.object({ name: toolName }) }),
  z.object({
    type: z.literal('allowed_tools'),
    allowed_tools: z.object({ mode: z.enum(['auto', 'required']), tools: z.array(z.object({ type: functionTag, function: z.object({ name: toolName }) })).min(1).max(MAX_TOOLS) })
  })
], { error: 'has to be none, auto, required, a function or allowed_tools of functions' }).nullish()

export const flatToolChoice = z.union([
  mode,
  z.object({ type: functionTag, name: toolName }),
  z.object({ type: z.literal('allowed_tools'), mode: z.enum(['auto', 'required']), tools: z.array(z.object({ type: functionTag, name: toolName })).min(1).max(MAX_TOOLS) })
], { error: 'has to be none, auto, required, a function or allowed_tools of functions' }).nullish()

/** Whether `strict` or not: the tail holds to the schema, as nothing is gained by not doing so. */
export const formatFields = { name: z.string().max(64).nullish(), description: z.string().nullish(), schema: jsonSchema.nullish(), strict: z.boolean().nullish() }

export const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({ type: z.literal('json_schema'), json_schema: z.object(formatFields) })
], { error: 'has to be of type text, json_object or json_schema' }).nullish()

export type ResponseFormatField = z.infer<typeof responseFormat>

export const flatFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({ type: z.literal('json_schema'), ...formatFields })
], { error: 'has to be of type text, json_object or json_schema' }).nullish()
