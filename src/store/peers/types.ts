import type { OpenFile } from '../blob-writer.ts'
import type { BlobPeerError } from '../errors.ts'
import type { BlobStore } from '../types.ts'
import type { Part } from '../../model/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** What became of a request for bytes. `missing`: the peer has no such bytes (any more). */
export type ReadResult = 'whole' | 'missing' | { readonly busyMs: number }

export interface ReadRequest extends AbortOptions {
  readonly cid: string
  readonly offset: number
  /** Filled from its start. Must not be used before the read is over. At most a piece long. */
  readonly into: Uint8Array
  /** This node is at work: the peer may send with pauses. */
  readonly gentle: boolean
}

/** Blobs at one peer, over one link. Whatever it sends may be a lie. */
export interface BlobPeer {
  readonly id: string
  /** Resolves when the link is over, with the reason where it was no good end. */
  readonly ended: Promise<Error | undefined>
  /** Bytes of each blob as the peer says, 0 for one that it lacks. @throws {BlobPeerError} */
  holds (cids: readonly string[], options?: AbortOptions): Promise<readonly number[]>
  /** @throws {BlobPeerError} the peer is at fault, or gone */
  read (request: ReadRequest): Promise<ReadResult>
  close (error?: Error): void
}

/** Peers that may have blobs. */
export interface PeerPool {
  /** Those that are connected now. */
  peers (): readonly BlobPeer[]
  /** Over half of the places are taken: the others are for those who have something. */
  readonly isCrowded: boolean
  /** Looks for more; resolves when one is connected, or when nobody new was found. What fails is passed over. */
  look (options?: AbortOptions): Promise<'connected' | 'nobody-new'>
  /** Ends the link to a peer. One that did wrong is not asked again by this pool, one that is gone is after a while. */
  drop (peer: BlobPeer, error: BlobPeerError): void
  close (): void
}

/** Makes a blob out of the model's source, and puts it into the store. */
export interface BlobMaker {
  make (part: Part, options: AbortOptions & { onBytes? (done: number): void }): Promise<unknown>
}

export interface FetchProgress {
  /** Bytes that are here and checked, of all. */
  readonly done: number
  readonly total: number
  /** Peers that bytes come from. */
  readonly peers: number
  /** Whether the hub gives some. */
  readonly hub: boolean
}

export interface FetchBlobsComponents {
  readonly blobs: Pick<BlobStore, 'folder' | 'path' | 'partialPath' | 'has' | 'read' | 'put'>
  /** The caller's to close. */
  readonly pool: PeerPool
  /** Asked for what no peer has. */
  readonly hub?: BlobMaker | undefined
  /** Opens the files that blobs are put together in. @default the file system's */
  readonly open?: OpenFile
  /** Tokens are on their way through this node: peers are to send with pauses. @default never */
  isBusy? (): boolean
}

export interface FetchBlobsRequest extends AbortOptions {
  readonly parts: readonly Part[]
  /** Ends in an error where nothing has come for so long. @default 60,000 */
  readonly patienceMs?: number
  /** The hub is asked for what no peer has once peers had this long to be found. @default 2,000 */
  readonly peersFirstMs?: number
  /** How often to look for more peers, and to ask those that are there what they have by then. @default 2,000 */
  readonly lookEveryMs?: number
  /** A piece that two peers owe for so long is asked of a third. @default 5,000 */
  readonly lateMs?: number
  onProgress? (progress: FetchProgress): void
}
