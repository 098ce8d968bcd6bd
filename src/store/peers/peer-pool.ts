import { BlobPeerError } from '../errors.ts'
import type { BlobPeer, PeerPool } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface PeerPoolComponents {
  /** Peer ids that may have what is wanted, as they are found: those that are known already first. */
  find (options: AbortOptions): AsyncIterable<string> | Iterable<string>
  /** @throws what keeps it from that */
  connect (id: string, options: AbortOptions): Promise<BlobPeer>
  /** Ms of a steady clock. @default performance.now */
  now? (): number
  /** Told of peers that did wrong. */
  onFault? (error: BlobPeerError): void
}

export interface PeerPoolInit {
  /** Connections at once. @default 8 */
  readonly maxPeers?: number
  /** A peer that could not be reached, or went away, is asked again after this, after twice as long the next time, up to six times. @default 5,000 */
  readonly againMs?: number
  /** One search. @default 8,000 */
  readonly lookMs?: number
}

/** Below the patience of a fetch, which may have nobody else. */
const MAX_REST = 6

/** Connects to peers that may have blobs, and keeps away from those that did wrong. */
export function peerPool ({ find, connect, now = () => performance.now(), onFault }: PeerPoolComponents, { maxPeers = 8, againMs = 5_000, lookMs = 8_000 }: PeerPoolInit = {}): PeerPool {
  const connected = new Map<string, BlobPeer>()
  const connecting = new Map<string, Promise<void>>()
  /** Until when each is left alone. */
  const resting = new Map<string, number>()
  const closing = new AbortController()
  let search: Promise<void> | undefined
  let arrived = Promise.withResolvers<undefined>()

  /** How often each was out of reach. */
  const absences = new Map<string, number>()

  function rest (id: string): void {
    const times = absences.get(id) ?? 0
    absences.set(id, times + 1)
    resting.set(id, now() + againMs * Math.min(2 ** times, MAX_REST))
  }

  function lost (peer: BlobPeer, error: Error | undefined): void {
    if (connected.get(peer.id) !== peer) return
    connected.delete(peer.id)
    const isWrong = error instanceof BlobPeerError && error.kind === 'wrong'
    if (!isWrong) {
      rest(peer.id)
      return
    }
    resting.set(peer.id, Infinity)
    onFault?.(error)
  }

  async function reach (id: string, signal: AbortSignal): Promise<void> {
    try {
      const peer = await connect(id, { signal })
      if (closing.signal.aborted) {
        peer.close()
        return
      }
      connected.set(id, peer)
      void peer.ended.then((error) => { lost(peer, error) })
      arrived.resolve(undefined)
      arrived = Promise.withResolvers()
    } catch {
      rest(id)
    } finally {
      connecting.delete(id)
    }
  }

  const isWanted = (id: string): boolean =>
    !connected.has(id) && !connecting.has(id) && now() >= (resting.get(id) ?? -Infinity) && connected.size + connecting.size < maxPeers

  async function seek (): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(lookMs)])
    try {
      for await (const id of find({ signal })) {
        if (isWanted(id)) connecting.set(id, reach(id, signal))
        if (signal.aborted) break
      }
    } catch (error) {
      // a search that took too long has found what it has found
      if (!signal.aborted) throw error
    }
    await Promise.all(connecting.values())
  }

  return {
    peers: () => [...connected.values()],

    get isCrowded () { return connected.size > maxPeers / 2 },

    async look ({ signal } = {}) {
      signal?.throwIfAborted()
      search ??= seek().finally(() => { search = undefined })
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const stop = (): void => { resolve(undefined) }
      signal?.addEventListener('abort', stop)
      try {
        return await Promise.race([
          arrived.promise.then(() => 'connected' as const),
          search.then(() => 'nobody-new' as const),
          promise.then(() => 'nobody-new' as const)
        ])
      } finally {
        signal?.removeEventListener('abort', stop)
        signal?.throwIfAborted()
      }
    },

    drop (peer, error) {
      lost(peer, error)
      peer.close(error)
    },

    close () {
      closing.abort()
      connected.forEach((peer) => { peer.close() })
      connected.clear()
    }
  }
}
