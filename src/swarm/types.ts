import type { Compute, Span } from '../model/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export type SpanState = 'claiming' | 'loading' | 'online' | 'draining' | 'gone'

/** One span that a node serves, as its record says. Untrusted: a label is shown, never believed. */
export interface ServedSpan extends Span {
  readonly modelId: string
  /** At most 64 bytes. */
  readonly label: string
  readonly layerCount: number
  readonly state: SpanState
  readonly compute: Compute
  readonly wires: readonly string[]
  /** Free slots by capacity class. */
  readonly freeSlots: Readonly<Record<number, number>>
  readonly decodeMsPerToken: number
  readonly prefillTokensPerSecond: number
  readonly queueMs: number
  /** Sessions may take a part of these layers. */
  readonly divisible: boolean
}

/** A model whose blobs a node gives away, as its record says. Untrusted. */
export interface OfferedModel {
  readonly modelId: string
  /** At most 64 bytes. */
  readonly label: string
  /** What the node made it from, `org/name@commit:quantisation`; empty where it has it from peers or from files. */
  readonly source: string
}

/** What a node says of itself; the record adds owner, sequence, expiry and signature. */
export interface NodeDescription {
  readonly name: string
  readonly version: string
  readonly device: { readonly kind: string, readonly label: string }
  readonly memoryBytes: number
  readonly numericClass: string
  readonly protocols: readonly string[]
  readonly addresses: readonly string[]
  readonly spans: readonly ServedSpan[]
  readonly offers: readonly OfferedModel[]
}

/** A live, verified record. */
export interface NodeRecord extends NodeDescription {
  readonly peerId: string
  readonly seq: bigint
  readonly expiresAtMs: number
}

/** What came of asking the DHT. */
export interface Look {
  /** Live records of what was asked for, those known before among them. */
  readonly nodes: readonly NodeRecord[]
  /** Nothing went wrong and the record of everybody who was named was read: who is not here was not to be found. */
  readonly isWhole: boolean
}

export interface Swarm {
  start (): Promise<void>
  stop (): Promise<void>
  /** Puts this node's record into the DHT (and gossip), and provider records for what it serves; repeated until `stop`, which publishes `gone`. */
  publish (description: NodeDescription): Promise<void>
  /** Live records known now. No I/O. */
  nodes (): readonly NodeRecord[]
  /**
   * Asks the DHT for all nodes (`shoal/nodes`), for a model's, or for those that made one from `source`, and reads their records.
   * @param options.freshMs what was heard of so lately is not read again; by default 5,000
   */
  refresh (options?: AbortOptions & { readonly modelId?: string, readonly source?: string, readonly freshMs?: number | undefined }): Promise<Look>
  /** Measured round trip to a peer in ms, or undefined. */
  roundTripMs (peerId: string): number | undefined
  /** Peers in the routing table of the DHT. */
  readonly routingTable: number
  /** Nodes, not clients, that this one is connected to. */
  neighbours (): Promise<readonly string[]>
  /** Ends the connections to a peer without a word: it does not answer any more. */
  drop (peerId: string): void
  /** Calls back after any change of `nodes()`; returns the way to stop that. */
  onChange (listener: () => void): () => void
}
