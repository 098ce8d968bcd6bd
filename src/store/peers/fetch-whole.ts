import { setTimeout as delay } from 'node:timers/promises'
import { cidOf, modelIdOf, PIECE_BYTES } from '../../model/index.ts'
import { BlobPeerError, NoSourceError } from '../errors.ts'
import type { BlobPeer, PeerPool } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface FetchWholeRequest extends AbortOptions {
  readonly cid: string
  /** What it is, for people. */
  readonly what: string
  readonly maxBytes: number
  /** How long to look for somebody who has it. @default 30,000 */
  readonly patienceMs?: number
}

const AGAIN_MS = 500

/**
 * A blob that belongs in memory (a manifest, a list of pieces), from the first peer that sends the right one.
 * @throws {NoSourceError} nobody did in time
 */
export async function fetchWhole (pool: PeerPool, { cid, what, maxBytes, patienceMs = 30_000, signal }: FetchWholeRequest): Promise<Uint8Array> {
  const until = performance.now() + patienceMs
  const options = signal == null ? {} : { signal }
  let last: unknown
  for (;;) {
    for (const peer of pool.peers()) {
      try {
        const bytes = await readWhole(peer, cid, maxBytes, options)
        if (bytes !== undefined) return bytes
      } catch (error) {
        signal?.throwIfAborted()
        if (!(error instanceof BlobPeerError)) throw error
        last = error
        pool.drop(peer, error)
      }
    }
    if (performance.now() > until) throw new NoSourceError(`nobody who could be reached has ${what} (${cid})${last instanceof Error ? `; ${last.message}` : ''}`, { cause: last })
    // a peer that lacks it may have it by and by
    if (await pool.look(options) === 'nobody-new') await delay(AGAIN_MS, undefined, options)
  }
}

/** Undefined where the peer does not have it, or not now. @throws {BlobPeerError} */
async function readWhole (peer: BlobPeer, cid: string, maxBytes: number, { signal }: AbortOptions): Promise<Uint8Array | undefined> {
  const options = signal == null ? {} : { signal }
  const [size = 0] = await peer.holds([cid], options)
  if (size === 0) return undefined
  if (size > maxBytes) throw new BlobPeerError(`the peer ${peer.id} says that ${cid} has ${size} bytes; at most ${maxBytes} can be right`, peer.id, 'wrong')
  // memory is taken as bytes come in, not as a peer promises
  const pieces: Uint8Array[] = []
  for (let offset = 0; offset < size; offset += PIECE_BYTES) {
    const into = new Uint8Array(Math.min(PIECE_BYTES, size - offset))
    if (await peer.read({ cid, offset, into, gentle: false, ...options }) !== 'whole') return undefined
    pieces.push(into)
  }
  const bytes = Buffer.concat(pieces)
  if (cidOf(bytes) !== cid && modelIdOf(bytes) !== cid) throw new BlobPeerError(`the peer ${peer.id} sent something else than ${cid}`, peer.id, 'wrong')
  return bytes
}
