import { z } from 'zod'
import { MAX_ALTERNATIVES, MAX_TOKENS, count, isEmptyList, samplingFields, unsupported } from './fields.ts'
import { callArguments, responseFormat, toolChoice, toolName, tools } from './tools.ts'

const MAX_MESSAGES = 4096
const MAX_PARTS = 256

const parts = (...types: [string, ...string[]]): z.ZodType<Array<{ text?: string | undefined, refusal?: string | undefined }>> =>
  z.array(z.object({ type: z.enum(types, { error: 'only text parts are served' }), text: z.string().optional(), refusal: z.string().optional() })
    .refine(({ type, text, refusal }) => (type === 'refusal' ? refusal : text) !== undefined, { error: 'has no text' })).max(MAX_PARTS)

const noContent = { error: 'has to be text, or a list of text parts' }
const content = z.union([z.string(), parts('text')], noContent)
const name = z.string().max(256).nullish()

const toolCalls = z.array(z.object({
  id: z.string().max(256),
  type: z.literal('function', { error: 'only functions are served' }),
  function: z.object({ name: toolName, arguments: callArguments })
})).max(128).nullish()

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content, name }),
  z.object({ role: z.literal('developer'), content, name }),
  z.object({ role: z.literal('user'), content, name }),
  z.object({
    role: z.literal('assistant'),
    content: z.union([z.string(), parts('text', 'refusal')], noContent).nullish(),
    refusal: z.string().nullish(),
    name,
    tool_calls: toolCalls,
    function_call: unsupported(undefined, 'is older than tool_calls, which are served'),
    audio: unsupported()
  }).refine(({ content: text, refusal, tool_calls: calls }) => text != null || refusal != null || (calls != null && calls.length > 0), { error: noContent.error, path: ['content'] }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string().max(256) })
], { error: 'has to be system, developer, user, assistant or tool' })

export const chatRequest = z.object({
  ...samplingFields,
  messages: z.array(message).min(1).max(MAX_MESSAGES),
  max_completion_tokens: count(0, MAX_TOKENS),
  logprobs: z.boolean().nullish(),
  top_logprobs: count(0, MAX_ALTERNATIVES),
  response_format: responseFormat,
  tools,
  tool_choice: toolChoice,
  parallel_tool_calls: z.boolean().nullish(),
  functions: unsupported(isEmptyList, 'is older than tools, which are served'),
  function_call: unsupported(undefined, 'is older than tool_choice, which is served'),
  modalities: unsupported((value) => Array.isArray(value) && value.every((each) => each === 'text'), 'has to be text: nothing else is served'),
  audio: unsupported(),
  web_search_options: unsupported(),
  moderation: unsupported()
})

export type ChatRequest = z.infer<typeof chatRequest>
export type ChatFields = Pick<ChatRequest, 'messages'>
