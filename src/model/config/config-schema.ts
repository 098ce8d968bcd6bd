import { z } from 'zod'
import { FormatError } from '../errors.ts'
import type { ModelConfig } from '../types.ts'

const size = (most: number): z.ZodInt => z.int().min(1).max(most)
const finite = z.number().refine(Number.isFinite)

const factors = z.array(finite.positive()).max(2048)

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
    z.strictObject({ type: z.literal('factors'), factors }),
    z.strictObject({
      type: z.literal('yarn'),
      factor: finite.min(1),
      originalContextLength: size(2 ** 27),
      betaFast: finite.positive(),
      betaSlow: finite.positive(),
      attentionFactor: finite.positive(),
      truncate: z.boolean()
    }),
    z.strictObject({ type: z.literal('longrope'), shortFactors: factors, longFactors: factors, originalContextLength: size(2 ** 27), attentionFactor: finite.positive() })
  ])
})

/** Of something that is multiplied or capped. */
const factor = finite.positive().max(1e6)

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
  eosTokenIds: z.array(z.int().min(0)).max(64),
  experts: z.strictObject({
    count: size(1024),
    perToken: size(64),
    intermediateSize: size(2 ** 20),
    normalised: z.boolean(),
    sharedIntermediateSize: size(2 ** 20).exactOptional(),
    softmaxOfChosen: z.literal(true).exactOptional(),
    clamped: z.strictObject({ limit: finite.positive(), alpha: finite.positive() }).exactOptional(),
    denseLayers: z.array(z.int().min(0)).max(1024).exactOptional()
  }).exactOptional(),
  activation: z.literal('geluTanh').exactOptional(),
  localRope: rope.exactOptional(),
  unrotatedLayers: z.array(z.int().min(0)).max(1024).exactOptional(),
  embeddingScale: factor.exactOptional(),
  residualScale: factor.exactOptional(),
  logitScale: factor.exactOptional(),
  attentionScale: factor.exactOptional(),
  attentionSoftcap: factor.exactOptional(),
  logitSoftcap: factor.exactOptional()
}).superRefine((config, context) => {
  const fail = (message: string): void => { context.addIssue({ code: 'custom', message }) }
  if (config.headCount % config.kvHeadCount !== 0) {
    fail(`${config.headCount} attention heads do not share ${config.kvHeadCount} key-value heads evenly`)
  }
  for (const { dimensions, scaling } of [config.rope, ...(config.localRope == null ? [] : [config.localRope])]) {
    if (dimensions % 2 !== 0 || config.headDim % 2 !== 0 || dimensions > config.headDim) {
      fail(`${dimensions} of a head's ${config.headDim} dimensions can't be rotated: they are rotated in pairs`)
    }
    const lists = scaling.type === 'factors' ? [scaling.factors] : scaling.type === 'longrope' ? [scaling.shortFactors, scaling.longFactors] : []
    const wrong = lists.find(({ length }) => length !== dimensions / 2)
    if (wrong != null) {
      fail(`${wrong.length} rope factors for ${dimensions} dimensions`)
    }
  }
  if (config.localRope?.scaling.type === 'longrope') {
    fail('layers with a sliding window have no second variant of their rotation')
  }
  if (config.unrotatedLayers?.some((layer) => layer >= config.layerCount) === true) {
    fail(`a layer that is not rotated is not among the ${config.layerCount}`)
  }
  if (config.slidingWindow.length !== config.layerCount) {
    fail(`${config.slidingWindow.length} sliding windows for ${config.layerCount} layers`)
  }
  if (config.experts != null && config.experts.perToken > config.experts.count) {
    fail(`${config.experts.perToken} experts of ${config.experts.count} can't be chosen for a token`)
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
