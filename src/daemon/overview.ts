/** The swarm as this node sees it, and what it is doing itself: what `shoal status --watch` shows. */
import { overviewSchema, type Overview } from './control/index.ts'
import type { Departure } from './departure.ts'
import type { SwarmView } from './swarm-view.ts'
import type { Traces } from './traces.ts'
import type { Coordinator, StageServer } from '../pipeline/index.ts'

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
