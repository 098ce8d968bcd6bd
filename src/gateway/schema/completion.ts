import { z } from 'zod'
import { MAX_ALTERNATIVES, isEmptyList, samplingFields, unsupported } from './fields.ts'
import { responseFormat } from './tools.ts'

const MAX_PROMPTS = 64
const NO_TOOLS = 'is not served here: a prompt has no template that shows tools to the model; ask /v1/chat/completions'
const noChoice = (value: unknown): boolean => value === 'none' || value === 'auto'

export const ids = z.array(z.int().min(0).max(0xffff_ffff)).min(1)

export const completionRequest = z.object({
  ...samplingFields,
  prompt: z.union([z.string(), ids, z.array(z.string()).min(1).max(MAX_PROMPTS), z.array(ids).min(1).max(MAX_PROMPTS)], {
    error: 'has to be text, a list of token ids, or a list of those'
  }),
  /** Special tokens written in the prompt count as such (`shoal ask --raw`); otherwise they are text. */
  raw: z.boolean().nullish(),
  echo: z.boolean().nullish(),
  logprobs: z.union([z.int().min(0).max(MAX_ALTERNATIVES), z.literal(false)]).nullish(),
  response_format: responseFormat,
  tools: unsupported(isEmptyList, NO_TOOLS),
  tool_choice: unsupported(noChoice, NO_TOOLS),
  functions: unsupported(isEmptyList, NO_TOOLS),
  function_call: unsupported(noChoice, NO_TOOLS),
  best_of: unsupported((value) => value === 1),
  suffix: unsupported((value) => value === '')
})

export type CompletionRequest = z.infer<typeof completionRequest>
