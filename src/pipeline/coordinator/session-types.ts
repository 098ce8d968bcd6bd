import type { BegunRoute, FoundRoute } from './routes.ts'
import type { RouteStop } from './stage-link.ts'
import type { GenerateRequest } from '../types.ts'
import type { PreparedRequest } from './request.ts'
import type { CoordinatorModel, LossKind } from './types.ts'
import type { Clock, Host } from '../../p2p/index.ts'

export interface SessionComponents {
  readonly host: Pick<Host, 'peerId' | 'open'>
  readonly clock: Clock
  readonly suspects: { add (peerId: string, why: LossKind): void, clear (peerId: string): void }
  /** @throws {NoCapacityError} @throws the signal's reason */
  route (init: RouteInit, signal: AbortSignal): Promise<FoundRoute>
  /** A session went on after such a loss. */
  repaired (why: LossKind): void
  /** Who could stand by for a stage of the route. */
  standbyFor (stop: RouteStop, route: FoundRoute, without: ReadonlySet<string>): RouteStop | undefined
}

export interface RouteInit {
  readonly positions: number
  readonly exclude: ReadonlySet<string>
  /** The route before, where a session goes on, those of its stages that are still there, and who stands by for others. */
  readonly before?: { readonly route: FoundRoute, readonly compute: FoundRoute['compute'] | undefined, readonly held: ReadonlySet<string>, standby (index: number): RouteStop | undefined } | undefined
}

/** An answer that began at a coordinator which is lost. */
export interface Begun extends BegunRoute {
  /** That coordinator, which may have been a stage too. */
  readonly lost: string
  /** Who most likely stood by for a stage. */
  standby (index: number): RouteStop | undefined
}

export interface SessionInit {
  readonly request: GenerateRequest
  /** Whoever asks is on another node. */
  readonly remote: boolean
  readonly model: CoordinatorModel
  readonly prepared: PreparedRequest
  readonly sessionId: Uint8Array<ArrayBuffer>
  /** A secret of the client's and this coordinator's: see `TakeOver`. */
  readonly takeOverKey: Uint8Array<ArrayBuffer>
  readonly begun?: Begun | undefined
  readonly chunkRows: number
  readonly openTimeoutMs: number
  /** Routes tried without a token in between. */
  readonly attempts: number
  /** Positions from which on a session has standbys. */
  readonly standbyFrom: number
}
