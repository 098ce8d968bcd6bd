import type { AbortOptions, Libp2p, PrivateKey } from '@libp2p/interface'

/** What a `Link` tells the one who listens. Both are called synchronously from the transport. */
export interface LinkListener {
  /** One whole frame, header included; its length is at most the link's limit. The bytes are the listener's to keep. What it throws aborts the link. */
  frame (frame: Uint8Array): void
  /** The link is over: without an error after a graceful end by the other side, with one otherwise. Called once. */
  close (error?: Error): void
}

/**
 * An ordered, bounded, two-way channel of frames to an authenticated peer, over a libp2p stream or inside the process.
 * Frames sent before the other side listens are kept (bounded), none is lost.
 */
export interface Link {
  /** Peer id of the other side, authenticated. */
  readonly peer: string
  readonly protocol: string
  readonly closed: boolean
  /** Bytes of frames so far. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /**
   * Queues one frame (its first four bytes are its length, see protocols/frame), or several that leave together. One write. The bytes must
   * not change afterwards. False: the queue is over its mark, wait for `drained()` before sending more. @throws {LinkClosedError}
   */
  send (frame: Uint8Array, ...more: readonly Uint8Array[]): boolean
  /** Resolves when the queue is below its mark. @throws {LinkClosedError} */
  drained (options?: AbortOptions): Promise<void>
  /** Exactly once, synchronously after the link was opened or handed over. */
  listen (listener: LinkListener): void
  /** Holds back the other side (libp2p: stops granting window). */
  pause (): void
  resume (): void
  /** Ends after what was sent has left. */
  close (options?: AbortOptions): Promise<void>
  /** Ends at once; the other side sees an error. */
  abort (error: Error): void
}

export interface HandleInit {
  /** Links of this protocol that all peers together may hold open. @default 1024 */
  readonly maxInboundLinks?: number
  /** Links of this protocol that one peer may hold open. @default 256 */
  readonly maxInboundLinksPerPeer?: number
  /** Largest frame accepted. @default protocols/frame MAX_FRAME_BYTES */
  readonly maxFrameBytes?: number
  /** A link that has not brought a frame after this is aborted. @default 10,000 */
  readonly firstFrameMs?: number
}

export interface OpenLinkOptions extends AbortOptions {
  /** Multiaddrs to try when the peer store knows none. */
  readonly addresses?: readonly string[]
  readonly maxFrameBytes?: number
  /** Over a connection apart from the ordinary one: for what is large and in no hurry. @default false */
  readonly bulk?: boolean
}

/** Bytes of frames over links of one protocol, those that are over included. */
export interface Traffic {
  sentBytes: number
  receivedBytes: number
}

/** What one peer may take up. */
export interface PeerQuotas {
  /** Links of all protocols together. */
  readonly links?: number | undefined
  /** Bytes of frames that it sends and is sent over links that it opened. */
  readonly bytesPerSecond?: number | undefined
  /** Peers without these bounds. */
  readonly prefer?: readonly string[] | undefined
}

/** The libp2p host of this process. A link to its own peer id is made in process. */
export interface Host {
  readonly peerId: string
  /** For the swarm room (DHT, gossip) alone. */
  readonly libp2p: Libp2p
  /** For the swarm room's signed envelopes alone. */
  readonly privateKey: PrivateKey
  /** Whether a peer may be at the other end of a connection. */
  mayConnect (peer: string): boolean
  /** Multiaddrs that others can dial, with `/p2p/` and the peer id: direct ones first, at most 12 (public ones rather than private, private rather than loopback), and at most 2 through relays. */
  addresses (): string[]
  /** Calls back when `addresses()` may have changed: a router opened a port, a relay took this node in. Returns the way to stop that. */
  onAddresses (listener: () => void): () => void
  /** By protocol, to and from other peers. */
  readonly traffic: ReadonlyMap<string, Readonly<Traffic>>
  open (peer: string, protocol: string, options?: OpenLinkOptions): Promise<Link>
  handle (protocol: string, handler: (link: Link) => void, init?: HandleInit): Promise<void>
  unhandle (protocol: string): Promise<void>
  /** Connects to a multiaddr or invite's addresses; resolves with the peer id. */
  join (address: string, options?: AbortOptions): Promise<string>
  /** Round trip in ms by libp2p ping. */
  ping (peer: string, options?: AbortOptions): Promise<number>
  sign (bytes: Uint8Array): Promise<Uint8Array>
  verify (peer: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
  start (): Promise<void>
  stop (): Promise<void>
}
