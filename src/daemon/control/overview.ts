/** What a node sees of the swarm, and what it is doing itself: as a command on its machine is told. */
import { z } from 'zod'

const count = z.int().min(0)
const layers = z.tuple([count, count])

/** What is shown of a node. */
const node = z.object({
  peerId: z.string(),
  name: z.string(),
  device: z.object({ kind: z.string(), label: z.string() }),
  memoryBytes: z.number(),
  roundTripMs: z.number().nullable(),
  spans: z.array(z.object({
    model: z.string(),
    modelId: z.string(),
    span: layers,
    state: z.string(),
    freeSlots: z.record(z.string(), z.number()),
    decodeMsPerToken: z.number(),
    prefillTokensPerSecond: z.number(),
    queueMs: z.number()
  })),
  offers: z.array(z.object({ model: z.string(), modelId: z.string() }))
})

const model = z.object({
  modelId: z.string(), model: z.string(), layerCount: count, coverage: z.array(count), missing: z.array(layers), covered: z.boolean(), nodes: count
})

const own = z.object({
  phase: z.enum(['serving', 'paused', 'stopping']),
  /** Answers that it coordinates, and sessions that its layers work in. */
  answers: count,
  stages: count,
  /** Of the answers at work, all together. */
  tokensPerSecond: z.number(),
  /** Since it started. */
  tokens: count,
  repairs: z.record(z.string(), count),
  /** Null where it serves no layers; bytes are null where nothing bounds them. */
  kv: z.object({ slots: count, usedSlots: count, bytes: z.number().nullable(), usedBytes: z.number() }).nullable(),
  running: z.array(z.object({
    sessionId: z.string(), promptTokens: count, completionTokens: count, tokensPerSecond: z.number(), totalMs: z.number(), route: z.array(z.object({ peerId: z.string(), span: layers }))
  }))
})

export const overviewSchema = z.object({
  /** Peer id. */
  self: z.string().nullable(),
  nodes: z.array(node),
  models: z.array(model),
  /** Null where a node elsewhere was asked. */
  own: own.nullable()
})

export type Overview = z.infer<typeof overviewSchema>
