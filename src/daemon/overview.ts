/** The swarm as this node sees it, and what it is doing itself: what `shoal status --watch` shows. */
import { z } from 'zod'
import type { Departure } from './departure.ts'
import type { SwarmView } from './swarm-view.ts'
import type { Traces } from './traces.ts'
import type { Coordinator, StageServer } from '../pipeline/index.ts'

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

export interface OverviewComponents {
  readonly peerId: string
  view (): SwarmView
  readonly node: Pick<Departure, 'status'>
  readonly traces: Pick<Traces, 'list'>
  readonly coordinator: Pick<Coordinator, 'sessions' | 'repairs'>
  readonly stages: Pick<StageServer, 'sessions'>
  /** Told since the start. */
  tokens (): number
  kv (): { readonly slots: number, readonly usedSlots: number, readonly bytes: number, readonly usedBytes: number } | undefined
}

/** Nodes and models alone, as a visitor sees them. */
export function seen (self: string | undefined, { nodes, models }: SwarmView): Overview {
  return overviewSchema.parse({ self: self ?? null, nodes, models, own: null })
}

export function overview ({ peerId, view, node: { status }, traces, coordinator, stages, tokens, kv }: OverviewComponents): Overview {
  const running = traces.list().filter(({ state }) => state === 'running')
  const used = kv()
  return overviewSchema.parse({
    ...seen(peerId, view()),
    own: {
      phase: status().phase,
      answers: coordinator.sessions,
      stages: stages.sessions,
      tokensPerSecond: running.reduce((sum, { timings }) => sum + timings.tokensPerSecond, 0),
      tokens: tokens(),
      repairs: coordinator.repairs,
      kv: used === undefined ? null : { ...used, bytes: Number.isFinite(used.bytes) ? used.bytes : null },
      running: running.map(({ sessionId, promptTokens, completionTokens, timings: { tokensPerSecond, totalMs }, route }) =>
        ({ sessionId, promptTokens, completionTokens, tokensPerSecond, totalMs, route }))
    }
  })
}
