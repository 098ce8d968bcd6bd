import { raceSignal } from 'race-signal'
import {
  BLOB_MAX_FRAME_BYTES, BLOB_PROTOCOL, BlobType, Have, Holds, LEAST_BYTES_PER_SECOND, MAX_CIDS, MAX_REQUESTS, MAX_WANT_BYTES, Want
} from '../../../protocols/blob/index.ts'
import { encodeFrame, FIRST_OPTIONAL_TYPE, payloadOf, readHeader } from '../../../protocols/frame/index.ts'
import { BlobPeerError } from '../errors.ts'
import type { BlobPeer, ReadRequest, ReadResult } from './types.ts'
import { systemClock, type Clock, type Host, type Link, type OpenLinkOptions } from '../../p2p/index.ts'

/** A peer that owes something and sends nothing for this long is given up; so long it may be behind the least rate, too. */
const SILENCE_MS = 10_000
/** No peer is waited for longer than this after it said that it is busy. */
const MAX_BUSY_MS = 60_000

export interface BlobPeerInit {
  /** @default 10,000 */
  readonly silenceMs?: number
  /** @default the system's */
  readonly clock?: Clock
}

interface Pending {
  /** Takes a frame; true: that was the last one. @throws {BlobPeerError} */
  take (type: number, position: number, payload: Uint8Array): boolean
  fail (error: Error): void
  cancelled: boolean
}

/** Connects to a peer's blobs, on a connection of their own. @throws {DialError} */
export async function connectBlobPeer (host: Pick<Host, 'open'>, id: string, options: Pick<OpenLinkOptions, 'addresses' | 'signal'> = {}): Promise<BlobPeer> {
  return blobPeer(await host.open(id, BLOB_PROTOCOL, { ...options, maxFrameBytes: BLOB_MAX_FRAME_BYTES, bulk: true }))
}

export function blobPeer (link: Link, { silenceMs = SILENCE_MS, clock = systemClock }: BlobPeerInit = {}): BlobPeer {
  /** The oldest first: they are answered in this order. */
  const pending = new Map<number, Pending>()
  const ended = Promise.withResolvers<Error | undefined>()
  let over: Error | undefined
  let requests = 0
  /** Resolves when a request is over. */
  let room = Promise.withResolvers<undefined>()
  /** Since when the oldest request is the oldest, when something came last, and bytes of ranges since then. */
  const oldest = { sinceMs: 0, heardMs: 0, bytes: 0 }
  let stopWaiting = (): void => { /* nothing is waited for */ }

  const fault = (what: string, cause?: unknown): BlobPeerError => new BlobPeerError(`the peer ${link.peer} ${what}`, link.peer, 'wrong', { cause })
  const gone = (what: string, cause?: unknown): BlobPeerError => new BlobPeerError(`the peer ${link.peer} ${what}`, link.peer, 'gone', { cause })

  function end (error: Error | undefined): void {
    if (over !== undefined) return
    const reason = over = error ?? gone('ended the link')
    stopWaiting()
    pending.forEach(({ fail }) => { fail(reason) })
    pending.clear()
    room.resolve(undefined)
    ended.resolve(error)
  }

  function abort (error: Error): void {
    end(error)
    link.abort(error)
  }

  function nextIsOldest (): void {
    oldest.sinceMs = oldest.heardMs = clock.now()
    oldest.bytes = 0
  }

  function settled (number: number): void {
    pending.delete(number)
    nextIsOldest()
    room.resolve(undefined)
    room = Promise.withResolvers()
  }

  /** The clock runs for the oldest request alone, as the others wait behind it. Every byte earns time: a slow line is given it, drops are not. */
  function watch (): void {
    stopWaiting()
    if (pending.size === 0 || over !== undefined) return
    const { sinceMs, heardMs, bytes } = oldest
    const lateMs = Math.min(heardMs + silenceMs, sinceMs + silenceMs + bytes / LEAST_BYTES_PER_SECOND * 1000)
    stopWaiting = clock.after(Math.max(0, lateMs - clock.now()), () => {
      abort(gone(bytes === 0 ? `sent nothing for ${silenceMs} ms` : `sent ${bytes} bytes in ${Math.round(clock.now() - sinceMs)} ms`))
    })
  }

  function onFrame (frame: Uint8Array): void {
    const { type, lap, position } = readHeader(frame)
    if (type >= FIRST_OPTIONAL_TYPE) return
    const request = pending.get(lap)
    if (request === undefined) throw fault('answered what it was not asked')
    for (const [number, { cancelled }] of pending) {
      if (number === lap) break
      // whoever goes on to a later one has ended what was cancelled
      if (!cancelled) throw fault('answered out of turn')
      settled(number)
    }
    const payload = payloadOf(frame)
    oldest.heardMs = clock.now()
    if (type === BlobType.data) oldest.bytes += payload.byteLength
    if (request.take(type, position, payload)) settled(lap)
    watch()
  }

  link.listen({
    frame (frame) {
      if (over !== undefined) return
      try {
        onFrame(frame)
      } catch (error) {
        abort(error instanceof BlobPeerError ? error : fault('sent what is no answer', error))
      }
    },
    close (error) { end(error === undefined ? undefined : gone('is gone', error)) }
  })

  /** Sends a request, when there is room for one more, and settles with what `taker` makes of the answer. */
  async function ask<T> (type: number, payload: Uint8Array, signal: AbortSignal | null | undefined, taker: (settle: (value: T) => void) => Pending['take']): Promise<T> {
    signal?.throwIfAborted()
    // what was cancelled takes a place until the peer has come to it
    while (over === undefined && pending.size >= MAX_REQUESTS) await raceSignal(room.promise, signal ?? undefined)
    if (over !== undefined) throw over
    const number = requests = (requests + 1) % 2 ** 32
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const request: Pending = { take: taker(resolve), fail: reject, cancelled: false }
    const cancel = (): void => {
      reject(signal?.reason as Error) // what a caller aborts with is thrown as it is
      // what is under way already is still taken, and dropped as it comes
      request.cancelled = true
      if (pending.has(number)) send(encodeFrame({ type: BlobType.cancel, lap: number }))
    }
    if (pending.size === 0) nextIsOldest()
    pending.set(number, request)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      send(encodeFrame({ type, lap: number }, payload))
      watch()
      return await promise
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Requests are small and few: they need not wait for those before them to leave. */
  function send (frame: Uint8Array): void {
    try {
      link.send(frame)
    } catch (error) {
      abort(gone('is gone', error))
    }
  }

  async function holds (cids: readonly string[], signal: AbortSignal | null | undefined): Promise<readonly number[]> {
    return await ask<readonly number[]>(BlobType.have, Have.encode({ cids: [...cids] }), signal, (settle) => (type, _position, payload) => {
      if (type !== BlobType.holds) throw fault('answered a HAVE with something else')
      const sizes = Holds.decode(payload).sizes.map(Number)
      if (sizes.length !== cids.length || !sizes.every(Number.isSafeInteger)) throw fault('said of other blobs than it was asked for what it holds')
      settle(sizes)
      return true
    })
  }

  async function read ({ cid, offset, into, gentle, signal }: ReadRequest): Promise<ReadResult> {
    if (into.byteLength === 0 || into.byteLength > MAX_WANT_BYTES) throw new RangeError(`${into.byteLength} bytes at once; 1 to ${MAX_WANT_BYTES} can be asked for`)
    let filled = 0
    return await ask<ReadResult>(BlobType.want, Want.encode({ cid, offset: BigInt(offset), length: into.byteLength, gentle }), signal, (settle) => (type, position, payload) => {
      if (type === BlobType.missing || type === BlobType.busy) {
        settle(type === BlobType.missing ? 'missing' : { busyMs: Math.min(position, MAX_BUSY_MS) })
        return true
      }
      if (type !== BlobType.data) throw fault('answered a WANT with something else')
      if (payload.byteLength === 0 || position !== filled || filled + payload.byteLength > into.byteLength) throw fault('sent bytes that were not asked for')
      if (signal?.aborted !== true) into.set(payload, filled)
      filled += payload.byteLength
      if (filled < into.byteLength) return false
      settle('whole')
      return true
    })
  }

  return {
    id: link.peer,
    ended: ended.promise,
    async holds (cids, { signal } = {}) {
      const sizes: number[] = []
      for (let at = 0; at < cids.length; at += MAX_CIDS) sizes.push(...await holds(cids.slice(at, at + MAX_CIDS), signal))
      return sizes
    },
    read,
    close (error) {
      if (error !== undefined) {
        abort(error)
        return
      }
      end(undefined)
      link.close().catch((failure: unknown) => { link.abort(failure as Error) }) // a link rejects with errors only
    }
  }
}
