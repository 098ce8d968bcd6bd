/**
 * Fields that several endpoints have. Those that mean nothing here (`user`, `store`, …) are ignored as all unknown ones;
 * those that would change the answer and can't be honoured are refused by name.
 */
import { z } from 'zod'

export const MAX_TOKENS = 1_048_576
const MAX_CHOICES = 128
export const MAX_ALTERNATIVES = 20

type MaybeNumber = z.ZodOptional<z.ZodNullable<z.ZodNumber>>
export const number = (min: number, max: number): MaybeNumber => z.number().min(min).max(max).nullish()
export const count = (min: number, max: number): MaybeNumber => z.int().min(min).max(max).nullish()

/** Only values that mean what Shoal does anyway. */
export const unsupported = (allowed: (value: unknown) => boolean = () => false, error = 'is not served'): z.ZodOptional<z.ZodUnknown> =>
  z.unknown().refine((value) => value == null || allowed(value), { error }).optional()

export const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

export const modelName = z.string().max(512).nullish()

/** What no other API has: how hidden states travel, and tokens beyond the end of a text (benchmarks). */
export const shoalFields = {
  top_k: count(-1, MAX_TOKENS),
  min_p: number(0, 1),
  repetition_penalty: number(0.01, 100),
  ignore_eos: z.boolean().nullish(),
  wire: z.enum(['f16', 'f32']).nullish()
}

export const samplingFields = {
  ...shoalFields,
  model: modelName,
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  stop: z.union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).max(16)]).nullish(),
  seed: z.int().nullish(),
  n: count(1, MAX_CHOICES),
  max_tokens: count(0, MAX_TOKENS),
  temperature: number(0, 100),
  top_p: number(0, 1),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  logit_bias: z.record(z.string().regex(/^\d{1,9}$/, { error: 'has a key that is no token id' }), z.number().min(-100).max(100))
    .refine((value) => Object.keys(value).length <= 1024, { error: 'has more than 1,024 entries' }).nullish()
}

/** What of a request says how tokens are chosen and when to stop. */
export type SamplingFields = Omit<z.infer<z.ZodObject<typeof samplingFields>>, 'stream' | 'stream_options' | 'model' | 'n'>
