import {
  BLOB_MAX_FRAME_BYTES, BLOB_PROTOCOL, BlobType, Have, Holds, MAX_CIDS, MAX_REQUESTS, MAX_WANT_BYTES, Want
} from '../../../protocols/blob/index.ts'
import { encodeFrame, FIRST_OPTIONAL_TYPE, payloadOf, readHeader } from '../../../protocols/frame/index.ts'
import { BlobPeerError } from '../errors.ts'
import type { BlobPeer, ReadRequest, ReadResult } from './types.ts'
import type { Host, Link, OpenLinkOptions } from '../../p2p/index.ts'

/** A peer that owes something and sends nothing for this long is given up. */
const SILENCE_MS = 10_000
/** No peer is waited for longer than this after it said that it is busy. */
const MAX_BUSY_MS = 60_000

export interface BlobPeerInit {
  /** @default 10,000 */
  readonly silenceMs?: number
}

interface Pending {
  /** Takes a frame; true: that was the last one. @throws {BlobPeerError} */
  take (type: number, position: number, payload: Uint8Array): boolean
  fail (error: Error): void
}

/** Connects to a peer's blobs, on a connection of their own. @throws {DialError} */
export async function connectBlobPeer (host: Pick<Host, 'open'>, id: string, options: Pick<OpenLinkOptions, 'addresses' | 'signal'> = {}): Promise<BlobPeer> {
  return blobPeer(await host.open(id, BLOB_PROTOCOL, { ...options, maxFrameBytes: BLOB_MAX_FRAME_BYTES, bulk: true }))
}

export function blobPeer (link: Link, { silenceMs = SILENCE_MS }: BlobPeerInit = {}): BlobPeer {
  const pending = new Map<number, Pending>()
  const ended = Promise.withResolvers<Error | undefined>()
  let over: Error | undefined
  let requests = 0
  let silence: NodeJS.Timeout | undefined

  const fault = (what: string, cause?: unknown): BlobPeerError => new BlobPeerError(`the peer ${link.peer} ${what}`, link.peer, 'wrong', { cause })
  const gone = (what: string, cause?: unknown): BlobPeerError => new BlobPeerError(`the peer ${link.peer} ${what}`, link.peer, 'gone', { cause })

  function end (error: Error | undefined): void {
    if (over !== undefined) return
    const reason = over = error ?? gone('ended the link')
    clearTimeout(silence)
    pending.forEach(({ fail }) => { fail(reason) })
    pending.clear()
    ended.resolve(error)
  }

  function abort (error: Error): void {
    end(error)
    link.abort(error)
  }

  /** The clock runs while the peer owes something. */
  function watch (): void {
    clearTimeout(silence)
    if (pending.size > 0) silence = setTimeout(() => { abort(gone(`sent nothing for ${silenceMs} ms`)) }, silenceMs)
  }

  function onFrame (frame: Uint8Array): void {
    const { type, lap, position } = readHeader(frame)
    if (type >= FIRST_OPTIONAL_TYPE) return
    const request = pending.get(lap)
    if (request === undefined) throw fault('answered what it was not asked')
    if (request.take(type, position, payloadOf(frame))) pending.delete(lap)
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

  /** Sends a request and settles with what `begin`'s taker makes of the answer. */
  async function ask<T> (type: number, payload: Uint8Array, signal: AbortSignal | null | undefined, taker: (settle: (value: T) => void) => Pending['take']): Promise<T> {
    signal?.throwIfAborted()
    if (over !== undefined) throw over
    if (pending.size >= MAX_REQUESTS) throw new RangeError(`more than ${MAX_REQUESTS} requests to one peer at once`)
    const number = requests = (requests + 1) % 2 ** 32
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const take = taker(resolve)
    pending.set(number, { take, fail: reject })
    const cancel = (): void => {
      // what is under way already is still taken, and dropped as it comes
      pending.set(number, { take, fail () { /* told below */ } })
      reject(signal?.reason as Error) // what a caller aborts with is thrown as it is
      if (over === undefined && !link.closed) link.send(encodeFrame({ type: BlobType.cancel, lap: number }))
    }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      if (!link.send(encodeFrame({ type, lap: number }, payload))) await link.drained({ ...(signal == null ? {} : { signal }) })
      watch()
      return await promise
    } finally {
      signal?.removeEventListener('abort', cancel)
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
