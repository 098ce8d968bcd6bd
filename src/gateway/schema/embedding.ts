import { z } from 'zod'
import { count, modelName, shoalFields } from './fields.ts'
import { ids } from './completion.ts'

/** As OpenAI has it. */
const MAX_INPUTS = 2048

const text = z.string().min(1, { error: 'has an empty text' })

export const embeddingRequest = z.object({
  model: modelName,
  input: z.union([text, ids, z.array(text).min(1).max(MAX_INPUTS), z.array(ids).min(1).max(MAX_INPUTS)], {
    error: `has to be text, a list of token ids, or a list of at most ${MAX_INPUTS} of those, none empty`
  }),
  encoding_format: z.enum(['float', 'base64'], { error: 'has to be float or base64' }).nullish(),
  dimensions: count(1, 1_000_000),
  pooling: z.enum(['mean', 'last'], { error: 'has to be mean or last' }).nullish(),
  wire: shoalFields.wire
})

export type EmbeddingRequest = z.infer<typeof embeddingRequest>
