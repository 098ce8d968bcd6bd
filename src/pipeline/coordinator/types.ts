import type { PipelineLog } from '../log.ts'
import type { PeerLimits } from '../peer-tokens.ts'
import type { GenerateEvent, GenerateRequest } from '../types.ts'
import type { Manifest, Tokenizer } from '../../model/index.ts'
import type { Clock, Host } from '../../p2p/index.ts'
import type { RoutePlan, RouteRequest } from '../../routing/index.ts'
import type { ServedSpan, Swarm } from '../../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** What a coordinator has to have of a model. */
export interface CoordinatorModel {
  readonly manifest: Manifest
  readonly tokenizer: Tokenizer
}

export interface CoordinatorComponents {
  readonly host: Pick<Host, 'peerId' | 'addresses' | 'open' | 'handle' | 'unhandle'>
  readonly swarm: Pick<Swarm, 'nodes' | 'refresh' | 'roundTripMs'>
  /** Undefined where this node has no such model. Called for every request: keep tokenizers. */
  models (modelId: string): Promise<CoordinatorModel | undefined>
  planRoute (request: RouteRequest): RoutePlan
  /** This node's own spans as they are now, whether or not `swarm.nodes()` has its record. @default none */
  localSpans? (): readonly ServedSpan[]
  /** @default the system's */
  readonly clock?: Clock
  /** Every answer passes through here on its way, whoever asked for it. @default as it is */
  watch? (events: AsyncIterable<GenerateEvent>, about: { readonly modelId: string, readonly requestId?: string | undefined }): AsyncIterable<GenerateEvent>
  /** Never given a prompt, a token or an answer. */
  readonly log?: PipelineLog | undefined
}

export interface CoordinateOptions extends AbortOptions {
  /** What whoever asks calls it, for logs and traces. */
  readonly requestId?: string | undefined
  /** Whoever asks is on another node and may outlive this one: stages of this one get standbys too. @default false */
  readonly remote?: boolean | undefined
}

export interface CoordinatorInit extends PeerLimits {
  /** Generations at once; more are told to come back. @default 64 */
  readonly maxSessions?: number
  /** Generations that one thin client may have at once. @default 16 */
  readonly maxSessionsPerPeer?: number
  /** Rows of one prompt chunk. @default 128 */
  readonly chunkRows?: number
  /** How long all stages together may take to get ready. @default 10,000 */
  readonly openTimeoutMs?: number
  /** Routes tried one after another without a token in between: of two nodes that tell of each other the wrong one may be believed. @default 8 */
  readonly attempts?: number
  /** Positions from which on a session has a standby for each of its remote stages, where there are nodes for that. @default 256 */
  readonly standbyFrom?: number
}

/** Why a stage is no part of a ring any more. */
export type LossKind =
  /** Its link ended. */
  | 'reset'
  /** It did not answer. */
  | 'silence'
  /** It sent what can't be. */
  | 'malformed'
  /** It said that it failed. */
  | 'failure'
  /** A neighbour blamed it. */
  | 'reported'
  | 'unreachable'
  /** It could not send again what it had sent, or refused for the sake of an epoch that is over: it is no loss, the same route is entered anew. */
  | 'forgotten'
  /** It has no room, or stops: nobody is blamed. */
  | 'capacity'
  /** All others fell silent at once: this node's own network, unless others can be reached. Nobody is blamed. */
  | 'network'
  /** It did not answer at once, and a standby was there: nobody is blamed. */
  | 'hedged'
  /** It said that it would go, and was replaced before. */
  | 'leaving'

/** Opens sessions over the swarm's stages and watches them. Also answers thin clients on `/shoal/generate/1.0.0`. */
export interface Coordinator {
  start (): Promise<void>
  /** Takes no more requests and ends those at work with `NoCapacityError`. */
  stop (): Promise<void>
  /** Generations at work. */
  readonly sessions: number
  /** How often a session went on after a loss, by kind. */
  readonly repairs: Readonly<Partial<Record<LossKind, number>>>
  /**
   * Ending the iteration early, or the signal, cancels: every stage is freed at once. With the signal the events end
   * with `done`, finish reason `cancelled`.
   * @throws {RequestError} {ContextLengthError} {UnknownModelError} the request is wrong
   * @throws {NoCapacityError} {UncoveredError} not now
   * @throws {PeerFaultError} a peer failed and no other route was left
   */
  generate (request: GenerateRequest, options?: CoordinateOptions): AsyncIterable<GenerateEvent>
  /** Takes no more requests and resolves when those at work have ended. @throws the signal's reason when it aborts first */
  drain (options?: AbortOptions): Promise<void>
}
