/**
 * What happens on this node, as `GET /api/events` tells it: which answers run over which stages, how many tokens they have, and who
 * comes and goes. Never a prompt, a token or a word of an answer.
 */
import type { FinishReason, HopTiming, RouteStage } from '../pipeline/index.ts'

export interface RepairView {
  /** Unix ms. */
  readonly atMs: number
  readonly lost: readonly RouteStage[]
  readonly tookMs: number
  /** Positions that a stage was given again. */
  readonly replayed: number
}

export interface SessionView {
  readonly id: string
  readonly modelId: string
  readonly route: readonly RouteStage[]
  /** Unix ms. */
  readonly startedAtMs: number
  readonly promptTokens: number
  readonly tokens: number
  /** From the first token on; 0 before the second. */
  readonly tokensPerSecond: number
  /** Null until the first token. */
  readonly ttftMs: number | null
  readonly state: 'running' | 'done' | 'cancelled' | 'failed'
  readonly finishReason: FinishReason | null
  /** The newest ones. */
  readonly repairs: readonly RepairView[]
  /** Where the time went, of stages that told. */
  readonly hops: readonly HopTiming[]
}

export type ActivityEvent =
  /** Everything: what was told before is void. */
  | { readonly kind: 'hello', readonly peerId: string, readonly sessions: readonly SessionView[] }
  | { readonly kind: 'session', readonly session: SessionView }
  | { readonly kind: 'tokens', readonly id: string, readonly tokens: number, readonly tokensPerSecond: number, readonly ttftMs: number }
  | { readonly kind: 'node', readonly peerId: string, readonly name: string, readonly here: boolean }
  /** `/api/swarm` has something else to say than before. */
  | { readonly kind: 'swarm' }
  /** The node stops. */
  | { readonly kind: 'bye' }

export interface ActivityFeed {
  hello (): Extract<ActivityEvent, { kind: 'hello' }>
  /** Calls back with each event; returns the way to stop that. The listener must not throw. */
  watch (listener: (event: ActivityEvent) => void): () => void
}
