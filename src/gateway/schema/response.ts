import { z } from 'zod'
import { MAX_ALTERNATIVES, MAX_TOKENS, count, modelName, number, shoalFields, unsupported } from './fields.ts'
import { callArguments, flatFormat, flatToolChoice, flatTools, toolName } from './tools.ts'

const MAX_ITEMS = 4096
const MAX_PARTS = 256

const part = z.object({ type: z.enum(['input_text', 'output_text', 'text', 'refusal'], { error: 'only text parts are served' }), text: z.string().optional(), refusal: z.string().optional() })
  .refine(({ type, text, refusal }) => (type === 'refusal' ? refusal : text) !== undefined, { error: 'has no text' })
const content = z.union([z.string(), z.array(part).max(MAX_PARTS)], { error: 'has to be text, or a list of text parts' })

const item = z.preprocess(
  // the type of a message may be left out
  (value) => typeof value === 'object' && value !== null && !('type' in value) && 'role' in value ? { ...value, type: 'message' } : value,
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('message'), role: z.enum(['system', 'developer', 'user', 'assistant'], { error: 'has to be system, developer, user or assistant' }), content }),
    z.object({ type: z.literal('function_call'), call_id: z.string().max(256), name: toolName, arguments: callArguments }),
    z.object({ type: z.literal('function_call_output'), call_id: z.string().max(256), output: content }),
    // what another server's model thought by itself
    z.object({ type: z.literal('reasoning') })
  ], { error: 'has to be of type message, function_call or function_call_output' })
)

export const responseRequest = z.object({
  ...shoalFields,
  model: modelName,
  input: z.preprocess(
    (value) => typeof value === 'string' ? [{ type: 'message', role: 'user', content: value }] : value,
    z.array(item, { error: 'has to be text, or a list of messages, function calls and their outputs' }).min(1).max(MAX_ITEMS)
  ),
  instructions: z.string().nullish(),
  max_output_tokens: count(1, MAX_TOKENS),
  temperature: number(0, 100),
  top_p: number(0, 1),
  seed: z.int().nullish(),
  stream: z.boolean().nullish(),
  text: z.object({ format: flatFormat }).nullish(),
  tools: flatTools,
  tool_choice: flatToolChoice,
  parallel_tool_calls: z.boolean().nullish(),
  include: z.array(z.string().max(128)).max(64).nullish(),
  top_logprobs: count(0, MAX_ALTERNATIVES),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  store: unsupported((value) => value === false, 'is not served: nothing is kept here'),
  previous_response_id: unsupported(undefined, 'is not served: nothing is kept here; send the conversation as input'),
  conversation: unsupported(undefined, 'is not served: nothing is kept here; send the conversation as input'),
  background: unsupported((value) => value === false),
  prompt: unsupported(undefined, 'is not served: there are no stored prompts here'),
  truncation: unsupported((value) => value === 'disabled', 'has to be disabled: nothing is left out of a conversation unasked'),
  context_management: unsupported((value) => Array.isArray(value) && value.length === 0),
  moderation: unsupported()
})

export type ResponseRequest = z.infer<typeof responseRequest>
