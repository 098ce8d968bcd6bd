import type { Span } from '../model/index.ts'

export interface PlacementRequest {
  readonly layerCount: number
  /** Bytes that one layer needs here: weights and KV. */
  readonly layerBytes: readonly number[]
  /** Bytes of the embedding (a span from layer 0) and of the head (a span to the last layer) on top. */
  readonly embeddingBytes: number
  readonly headBytes: number
  readonly capacityBytes: number
  /** Spans that others serve or claim, with the rate they offer (tokens a second; 1 where unknown). */
  readonly served: ReadonlyArray<Span & { readonly tokensPerSecond: number }>
  /** The rate this node will offer. @default 1 */
  readonly tokensPerSecond?: number
  /** In [0, 1): breaks ties. */
  random (): number
}

/** What another node said it serves or means to serve. */
export interface Claim extends Span {
  readonly peerId: string
  /** It is loading or serving: it will not yield to a node that only claims. */
  readonly settled: boolean
  readonly tokensPerSecond: number
}

export interface RecheckRequest extends Omit<PlacementRequest, 'served'> {
  /** This node's own claim, not settled yet. */
  readonly own: Span & { readonly peerId: string }
  readonly others: readonly Claim[]
}
