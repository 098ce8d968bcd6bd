import type { Span } from '../model/index.ts'

/** A node that could serve part of a route. */
export interface RouteCandidate extends Span {
  readonly peerId: string
  readonly decodeMsPerToken: number
  readonly queueMs: number
  /** One slot of enough positions is free. */
  readonly hasCapacity: boolean
}

/** One stage of a route: layers `[start, end)`, a part or all of what the peer serves. */
export interface RouteHop extends Span {
  readonly peerId: string
}

export interface RouteRequest {
  readonly layerCount: number
  readonly candidates: readonly RouteCandidate[]
  /** Peers not to use. */
  readonly exclude?: ReadonlySet<string>
  /** One-way delay in ms between two peers, as far as known. */
  oneWayMs (from: string, to: string): number
}

export type RoutePlan =
  | { readonly kind: 'route', readonly hops: readonly RouteHop[], readonly lapMs: number }
  /** Nobody serves these layers. */
  | { readonly kind: 'uncovered', readonly missing: readonly Span[] }
  /** Somebody does, but has no free slot now. */
  | { readonly kind: 'busy', readonly busy: readonly Span[] }
