import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { isNameOf, PIECE_BYTES } from '../../model/index.ts'
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
/** Who takes longer is not waited for: the next peer is asked besides. */
const TURN_MS = 1_000

/**
 * A blob that belongs in memory (a manifest, a list of pieces), from the first peer that sends the right one. Those that are
 * connected are asked even where there is no patience left.
 * @throws {NoSourceError} nobody did in time
 */
export async function fetchWhole (pool: PeerPool, { cid, what, maxBytes, patienceMs = 30_000, signal }: FetchWholeRequest): Promise<Uint8Array> {
  const until = performance.now() + patienceMs
  const ending = new AbortController()
  const options = { signal: signal == null ? ending.signal : AbortSignal.any([signal, ending.signal]) }
  setMaxListeners(Infinity, options.signal) // every read waits for it
  const found = Promise.withResolvers<Uint8Array>()
  const reading = new Set<BlobPeer>()
  let last: unknown

  async function read (peer: BlobPeer): Promise<void> {
    reading.add(peer)
    try {
      const bytes = await readWhole(peer, cid, maxBytes, options)
      if (bytes !== undefined) found.resolve(bytes)
    } catch (error) {
      if (!(error instanceof BlobPeerError)) {
        found.reject(error)
        return
      }
      last = error
      pool.drop(peer, error)
    } finally {
      reading.delete(peer)
    }
  }

  async function ask (): Promise<never> {
    for (;;) {
      for (const peer of pool.peers()) {
        if (!reading.has(peer)) await Promise.race([read(peer), delay(TURN_MS, undefined, options)])
      }
      if (performance.now() > until) throw new NoSourceError(`nobody who could be reached has ${what} (${cid})${last instanceof Error ? `; ${last.message}` : ''}`, { cause: last })
      // a peer that lacks it may have it by and by
      if (await pool.look(options) === 'nobody-new') await delay(AGAIN_MS, undefined, options)
    }
  }

  try {
    return await Promise.race([found.promise, ask()])
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    ending.abort()
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
  if (!isNameOf(cid, bytes)) throw new BlobPeerError(`the peer ${peer.id} sent something else than ${cid}`, peer.id, 'wrong')
  return bytes
}
