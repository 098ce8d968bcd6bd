/**
 * Requests of OpenAI's API as far as Shoal serves them. Fields that mean nothing here (`user`, `store`, …) are ignored;
 * fields that would change the answer and can't be honoured are refused by name.
 */
import { z } from 'zod'
import { HttpError } from './errors.ts'

const MAX_TOKENS = 1_048_576
const MAX_CHOICES = 128
const MAX_ALTERNATIVES = 20

type MaybeNumber = z.ZodOptional<z.ZodNullable<z.ZodNumber>>
const number = (min: number, max: number): MaybeNumber => z.number().min(min).max(max).nullish()
const count = (min: number, max: number): MaybeNumber => z.int().min(min).max(max).nullish()

/** Only values that mean what Shoal does anyway. */
const unsupported = (allowed: (value: unknown) => boolean): z.ZodOptional<z.ZodUnknown> =>
  z.unknown().refine((value) => value == null || allowed(value), { error: 'is not in this version yet' }).optional()

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0
const isTextFormat = (value: unknown): boolean => typeof value === 'object' && value != null && 'type' in value && value.type === 'text'

const sampling = {
  model: z.string().max(512).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  stop: z.union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).max(16)]).nullish(),
  seed: z.int().nullish(),
  n: count(1, MAX_CHOICES),
  max_tokens: count(0, MAX_TOKENS),
  temperature: number(0, 100),
  top_p: number(0, 1),
  top_k: count(-1, MAX_TOKENS),
  min_p: number(0, 1),
  repetition_penalty: number(0.01, 100),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  logit_bias: z.record(z.string().regex(/^\d{1,9}$/, { error: 'has a key that is no token id' }), z.number().min(-100).max(100))
    .refine((value) => Object.keys(value).length <= 1024, { error: 'has more than 1,024 entries' }).nullish(),
  ignore_eos: z.boolean().nullish(),
  wire: z.enum(['f16', 'f32']).nullish(),
  response_format: unsupported(isTextFormat),
  tools: unsupported(isEmptyList)
}

const textPart = z.object({ type: z.literal('text', { error: 'only text parts are served' }), text: z.string() })

const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant'], { error: 'has to be system, user or assistant' }),
  content: z.union([z.string(), z.array(textPart).max(256)], { error: 'has to be text, or a list of text parts' }),
  tool_calls: unsupported(isEmptyList)
})

export const chatRequest = z.object({
  ...sampling,
  messages: z.array(message).min(1).max(4096),
  max_completion_tokens: count(0, MAX_TOKENS),
  logprobs: z.boolean().nullish(),
  top_logprobs: count(0, MAX_ALTERNATIVES),
  functions: unsupported(isEmptyList),
  tool_choice: unsupported((value) => value === 'none' || value === 'auto'),
  modalities: unsupported((value) => Array.isArray(value) && value.every((each) => each === 'text'))
})

const ids = z.array(z.int().min(0).max(0xffff_ffff)).min(1)

export const completionRequest = z.object({
  ...sampling,
  prompt: z.union([z.string(), ids, z.array(z.string()).min(1).max(64), z.array(ids).min(1).max(64)], {
    error: 'has to be text, a list of token ids, or a list of those'
  }),
  /** Special tokens written in the prompt count as such (`shoal ask --raw`); otherwise they are text. */
  raw: z.boolean().nullish(),
  echo: z.boolean().nullish(),
  logprobs: z.union([z.int().min(0).max(MAX_ALTERNATIVES), z.literal(false)]).nullish(),
  best_of: unsupported((value) => value === 1),
  suffix: unsupported((value) => value === '')
})

export type SamplingFields = Omit<z.infer<typeof completionRequest>, 'prompt' | 'echo' | 'logprobs' | 'best_of' | 'suffix' | 'raw'>
export type ChatRequest = z.infer<typeof chatRequest>
export type CompletionRequest = z.infer<typeof completionRequest>

/** The request, or an error that names the first field that is wrong. */
export function parse<T> (schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const param = issue?.path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('') ?? ''
  if (param === '') throw new HttpError('the body has to be a JSON object', { status: 400 })
  throw new HttpError(`'${param}' ${issue?.message.replace(/^Invalid input: /, 'is wrong: ') ?? 'is wrong'}`, { status: 400, param, code: 'invalid_value' })
}
