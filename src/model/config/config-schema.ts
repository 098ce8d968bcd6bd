import { z } from 'zod'
import { FormatError } from '../errors.ts'
import type { ModelConfig } from '../types.ts'

const size = (most: number): z.ZodInt => z.int().min(1).max(most)
const finite = z.number().refine(Number.isFinite)

const rope = z.strictObject({
  theta: finite.positive().max(1e12),
  dimensions: size(1024),
  scaling: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('linear'), factor: finite.positive() }),
    z.strictObject({
      type: z.literal('llama3'),
      factor: finite.positive(),
      lowFrequencyFactor: finite.positive(),
      highFrequencyFactor: finite.positive(),
      originalContextLength: size(2 ** 27)
    }),
    z.strictObject({ type: z.literal('factors'), factors: z.array(finite.positive()).max(2048) })
  ])
})

/** The bounds of a `ModelConfig`, also for one that came from the network. */
export const configSchema = z.strictObject({
  architecture: z.string().max(64),
  hiddenSize: size(65_536),
  intermediateSize: size(2 ** 20),
  layerCount: size(1024),
  headCount: size(1024),
  kvHeadCount: size(1024),
  headDim: size(1024),
  vocabSize: size(2 ** 22),
  contextLength: size(2 ** 27),
  normEpsilon: finite.positive().max(1),
  rope,
  slidingWindow: z.array(z.int().min(0).max(2 ** 27)).max(1024),
  tiedEmbedding: z.boolean(),
  eosTokenIds: z.array(z.int().min(0)).max(64)
}).superRefine((config, context) => {
  const fail = (message: string): void => { context.addIssue({ code: 'custom', message }) }
  if (config.headCount % config.kvHeadCount !== 0) {
    fail(`${config.headCount} attention heads do not share ${config.kvHeadCount} key-value heads evenly`)
  }
  if (config.headDim % 2 !== 0 || config.rope.dimensions !== config.headDim) {
    fail(`rotating ${config.rope.dimensions} of a head's ${config.headDim} dimensions is not supported: all are rotated, in pairs`)
  }
  if (config.slidingWindow.length !== config.layerCount) {
    fail(`${config.slidingWindow.length} sliding windows for ${config.layerCount} layers`)
  }
  if (config.rope.scaling.type === 'factors' && config.rope.scaling.factors.length !== config.rope.dimensions / 2) {
    fail(`${config.rope.scaling.factors.length} rope factors for ${config.rope.dimensions} dimensions`)
  }
  const outside = config.eosTokenIds.find((id) => id >= config.vocabSize)
  if (outside != null) {
    fail(`the end-of-text id ${outside} is outside the vocabulary of ${config.vocabSize}`)
  }
})

/** @throws {FormatError} naming the first thing that is wrong */
export function checkedConfig (value: unknown, where: string): ModelConfig {
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new FormatError(`${where} is wrong: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.replace(/ +/g, ' '))
  }
  return parsed.data
}

/** Ids that end a text: sorted, each once. */
export const uniqueIds = (...ids: ReadonlyArray<number | readonly number[] | null | undefined>): number[] =>
  [...new Set(ids.flatMap((id) => id ?? []))].sort((a, b) => a - b)
