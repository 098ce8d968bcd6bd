import { open, stat, type FileHandle } from 'node:fs/promises'
import { pacer } from './pacer.ts'
import {
  BLOB_MAX_FRAME_BYTES, BLOB_PROTOCOL, BlobType, DATA_BYTES, Have, Holds, LEAST_BYTES_PER_SECOND, MAX_CIDS, MAX_REQUESTS, MAX_WANT_BYTES, Want
} from '../../../protocols/blob/index.ts'
import { encodeFrame, FIRST_OPTIONAL_TYPE, FRAME_HEADER_BYTES, payloadOf, readHeader, writeHeader } from '../../../protocols/frame/index.ts'
import { BlobPeerError } from '../errors.ts'
import type { BlobStore } from '../types.ts'
import type { Host, Link } from '../../p2p/index.ts'

export interface BlobServerComponents {
  readonly host: Pick<Host, 'handle' | 'unhandle'>
  readonly blobs: Pick<BlobStore, 'path'>
  /** Whether this node gives the blob away. */
  offers (cid: string): boolean
  /** Tokens are on their way through this node. */
  isBusy (): boolean
  /** Bytes of a blob were asked for, and are sent. */
  onGiven? (cid: string): void
}

export interface BlobServerInit {
  /** Of all uploads together. @default no limit */
  readonly bytesPerSecond?: number | undefined
  /** @default 64 */
  readonly maxLinks?: number
  /** @default 4 */
  readonly maxLinksPerPeer?: number
  /** Ranges that are being sent at once, where the rate is enough for so many; more are told to come again. @default 16 */
  readonly maxUploads?: number
  /** A link on which nothing is asked for this long is ended. @default 60,000 */
  readonly idleMs?: number
  /** So is one that takes nothing of what it asked for, for this long. @default 20,000 */
  readonly takeMs?: number
}

export interface BlobServer {
  start (): Promise<void>
  stop (): Promise<void>
  /** Bytes of blobs sent since the start. */
  readonly sentBytes: number
}

const BUSY_MS = 500
/** Frames of a range that leave together: as many as fill a frame of Yamux, whose way through libp2p costs as much as that of one. */
const TOGETHER = 4

interface Request {
  readonly number: number
  readonly type: number
  readonly payload: Uint8Array
}

/** Offers blobs to peers. */
export function blobServer ({ host, blobs, offers, isBusy, onGiven }: BlobServerComponents, init: BlobServerInit = {}): BlobServer {
  const { maxLinks = 64, maxLinksPerPeer = 4, maxUploads = 16, idleMs = 60_000, takeMs = 20_000 } = init
  const isLimited = init.bytesPerSecond !== undefined
  const places = init.bytesPerSecond === undefined ? maxUploads : Math.max(1, Math.min(maxUploads, Math.floor(init.bytesPerSecond / LEAST_BYTES_PER_SECOND)))
  const pace = pacer({ isBusy, bytesPerSecond: init.bytesPerSecond })
  const links = new Set<Link>()
  let uploads = 0
  let sentBytes = 0

  function accept (link: Link): void {
    const ending = new AbortController()
    const queue: Request[] = []
    let file: { readonly cid: string, readonly handle: FileHandle, readonly size: number } | undefined
    let pumping = false
    let idle: NodeJS.Timeout | undefined
    links.add(link)

    const rest = (): void => {
      clearTimeout(idle)
      if (!ending.signal.aborted) idle = setTimeout(() => { link.close().catch((error: unknown) => { link.abort(error as Error) }) }, idleMs) // a link rejects with errors only
    }

    async function opened (cid: string): Promise<typeof file> {
      if (file?.cid === cid) return file
      await file?.handle.close()
      file = undefined
      const handle = await open(blobs.path(cid), 'r').catch(() => undefined)
      if (handle !== undefined) file = { cid, handle, size: (await handle.stat()).size }
      return file
    }

    async function have ({ number, payload }: Request): Promise<void> {
      const { cids } = Have.decode(payload)
      if (cids.length === 0 || cids.length > MAX_CIDS) throw new BlobPeerError(`asked for ${cids.length} blobs at once`, link.peer, 'wrong')
      const sizes: bigint[] = []
      for (const cid of cids) sizes.push(offers(cid) ? await stat(blobs.path(cid), { bigint: true }).then(({ size }) => size, () => 0n) : 0n)
      send(encodeFrame({ type: BlobType.holds, lap: number }, Holds.encode({ sizes })))
    }

    async function want ({ number, payload }: Request): Promise<void> {
      const { cid, offset, length, gentle } = Want.decode(payload)
      if (length === 0 || length > MAX_WANT_BYTES) throw new BlobPeerError(`asked for ${length} bytes at once`, link.peer, 'wrong')
      const from = Number(offset)
      const found = offers(cid) ? await opened(cid) : undefined
      if (found === undefined || from + length > found.size) {
        missing(number)
        return
      }
      if (uploads >= places) {
        send(encodeFrame({ type: BlobType.busy, lap: number, position: BUSY_MS }))
        return
      }
      uploads++
      try {
        const frames = await readFrames(found.handle, from, length, number)
        if (frames === undefined) missing(number)
        else onGiven?.(cid)
        for (const left = frames ?? []; left.length > 0;) {
          // what has a limit, or gives way to tokens, leaves frame by frame
          const group = left.splice(0, isLimited || gentle || isBusy() ? 1 : TOGETHER) as [Uint8Array, ...Uint8Array[]] // something is left
          const bytes = group.reduce((sum, { byteLength }) => sum + byteLength, 0)
          const pause = pace.take(bytes, { gentle, signal: ending.signal })
          if (pause !== undefined) await pause
          if (cancelled.delete(number)) {
            missing(number)
            return
          }
          // who asks and then takes nothing holds a place that others want
          if (!send(...group)) {
            const late = setTimeout(() => { link.abort(new BlobPeerError('takes nothing of what it asked for', link.peer, 'gone')) }, takeMs)
            await link.drained({ signal: ending.signal }).finally(() => { clearTimeout(late) })
          }
          sentBytes += bytes - group.length * FRAME_HEADER_BYTES
        }
      } finally {
        uploads--
      }
    }

    const send = (...frames: Parameters<Link['send']>): boolean => link.send(...frames)
    const missing = (number: number): void => { send(encodeFrame({ type: BlobType.missing, lap: number })) }
    /** Numbers whose answers nobody needs any more; only of requests that are waiting or under way. */
    const cancelled = new Set<number>()
    let current: number | undefined

    async function pump (): Promise<void> {
      pumping = true
      try {
        for (let request = queue.shift(); request !== undefined && !ending.signal.aborted; request = queue.shift()) {
          current = request.number
          if (request.type === BlobType.have) await have(request)
          else if (cancelled.delete(request.number)) missing(request.number)
          else await want(request)
          current = undefined
          cancelled.delete(request.number)
        }
        rest()
      } catch (error) {
        // what the peer did wrong, or a link that is over: either way it ends
        if (!link.closed) link.abort(error as Error) // thrown here are errors only
      } finally {
        pumping = false
        if (ending.signal.aborted) await file?.handle.close()
      }
    }

    function onFrame (frame: Uint8Array): void {
      const { type, lap } = readHeader(frame)
      if (type >= FIRST_OPTIONAL_TYPE) return
      clearTimeout(idle)
      if (type === BlobType.cancel) {
        if (lap === current || queue.some(({ number }) => number === lap)) cancelled.add(lap)
        if (!pumping) rest()
        return
      }
      if (type !== BlobType.have && type !== BlobType.want) throw new BlobPeerError(`sent a frame of type ${type}`, link.peer, 'wrong')
      if (queue.length >= MAX_REQUESTS || lap === current || queue.some(({ number }) => number === lap)) throw new BlobPeerError('has too many requests under way, or two of one number', link.peer, 'wrong')
      queue.push({ number: lap, type, payload: payloadOf(frame) })
      if (!pumping) void pump()
    }

    link.listen({
      frame: onFrame,
      close () {
        links.delete(link)
        clearTimeout(idle)
        queue.length = 0
        ending.abort()
        if (!pumping) void file?.handle.close()
      }
    })
  }

  return {
    get sentBytes () { return sentBytes },
    async start () {
      await host.handle(BLOB_PROTOCOL, accept, { maxInboundLinks: maxLinks, maxInboundLinksPerPeer: maxLinksPerPeer, maxFrameBytes: BLOB_MAX_FRAME_BYTES })
    },
    async stop () {
      await host.unhandle(BLOB_PROTOCOL)
      links.forEach((link) => { link.abort(new Error('this node is stopping')) })
    }
  }
}

/** A range as DATA frames: one read, no copy. Undefined where the file has become shorter. */
async function readFrames (file: FileHandle, offset: number, length: number, number: number): Promise<Uint8Array[] | undefined> {
  // one by one, and not zeroed: the system gives a large block back at once, and each new one costs its pages again
  const frames = Array.from({ length: Math.ceil(length / DATA_BYTES) }, (_, index) => Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + Math.min(DATA_BYTES, length - index * DATA_BYTES)))
  const { bytesRead } = await file.readv(frames.map((frame) => frame.subarray(FRAME_HEADER_BYTES)), offset)
  if (bytesRead < length) return undefined
  frames.forEach((frame, index) => { writeHeader(frame, { type: BlobType.data, lap: number, position: index * DATA_BYTES }) })
  return frames
}
