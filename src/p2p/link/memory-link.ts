import { frameBytes, MAX_FRAME_BYTES } from '../../../protocols/frame/index.ts'
import { LinkClosedError, LinkFaultError, LinkOverflowError } from '../errors.ts'
import { inbox, type Inbox } from './inbox.ts'
import type { Link } from '../types.ts'

/** Bytes under way from which on `send` says so, and beyond which it refuses: as for a stream. */
export const HIGH_WATER_BYTES = 4 * 1024 * 1024
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024

interface Side {
  readonly link: Link
  readonly inbox: Inbox
  /** Frames sent to this side that it has not been given yet. */
  readonly queue: Uint8Array[]
  queuedBytes: number
  receivedBytes: number
  paused: boolean
  scheduled: boolean
  closed: boolean
  /** The other side has ended: the end is told behind the last frame. */
  ending: boolean
  waiting: Array<{ resolve: () => void, reject: (error: Error) => void }>
}

/**
 * Two ends of a link inside the process. Frames are handed over in a later turn of the event loop's microtasks, never inside
 * `send`, as over a stream; the bytes are the same, not a copy.
 */
export function memoryLinkPair (init: { readonly protocol: string, readonly peers: readonly [string, string], readonly maxFrameBytes?: number }): [Link, Link] {
  const [first, second] = [side(init, 0), side(init, 1)]
  connect(first, second, init)
  connect(second, first, init)
  return [first.link, second.link]
}

function side ({ protocol, peers }: { readonly protocol: string, readonly peers: readonly [string, string] }, index: 0 | 1): Side {
  const made = {
    inbox: inbox(), queue: [], queuedBytes: 0, receivedBytes: 0, paused: false, scheduled: false, closed: false, ending: false, waiting: []
  }
  // the methods are given by `connect`, which needs both sides
  return Object.assign(made, { link: { protocol, peer: peers[index === 0 ? 1 : 0] } as Link })
}

function connect (own: Side, other: Side, { maxFrameBytes = MAX_FRAME_BYTES }: { readonly maxFrameBytes?: number }): void {
  let sentBytes = 0

  const over = (target: Side, error?: Error): void => {
    target.closed = true
    target.waiting.splice(0).forEach(({ reject }) => { reject(new LinkClosedError()) })
    if (error != null) {
      target.queue.length = 0
      target.queuedBytes = 0
    }
    target.inbox.end(error)
  }

  const deliver = (target: Side, from: Side): void => {
    target.scheduled = false
    while (!target.paused) {
      const frame = target.queue.shift()
      if (frame == null) {
        break
      }
      target.queuedBytes -= frame.byteLength
      target.receivedBytes += frame.byteLength
      try {
        target.inbox.frame(frame)
      } catch (error) {
        // what a listener can't take ends the link, as over a stream
        target.link.abort(error instanceof Error ? error : new LinkFaultError(String(error)))
        return
      }
    }
    if (target.queuedBytes < HIGH_WATER_BYTES) {
      from.waiting.splice(0).forEach(({ resolve }) => { resolve() })
    }
    if (target.ending && target.queue.length === 0 && !target.closed) {
      over(target)
      from.inbox.end()
    }
  }

  const schedule = (target: Side, from: Side): void => {
    if (!target.scheduled) {
      target.scheduled = true
      queueMicrotask(() => { deliver(target, from) })
    }
  }

  const abort = (error: Error): void => {
    if (!own.closed) {
      over(own, error)
      queueMicrotask(() => { over(other, new LinkFaultError('the other side ended the link', { cause: error })) })
    }
  }

  const methods: Pick<Link, 'send' | 'drained' | 'listen' | 'pause' | 'resume' | 'close' | 'abort'> = {
    send: (frame) => {
      if (own.closed || other.closed) {
        throw new LinkClosedError()
      }
      if (frameBytes(frame, maxFrameBytes) !== frame.byteLength) {
        throw new TypeError('send takes one whole frame')
      }
      if (other.queuedBytes + frame.byteLength > MAX_QUEUED_BYTES) {
        throw new LinkOverflowError(`more than ${MAX_QUEUED_BYTES} bytes wait to be taken`)
      }
      sentBytes += frame.byteLength
      other.queue.push(frame)
      other.queuedBytes += frame.byteLength
      schedule(other, own)
      return other.queuedBytes < HIGH_WATER_BYTES
    },
    drained: async ({ signal } = {}) => {
      signal?.throwIfAborted()
      if (own.closed) {
        throw new LinkClosedError()
      }
      if (other.queuedBytes >= HIGH_WATER_BYTES) {
        await new Promise<void>((resolve, reject) => {
          const waiter = { resolve, reject }
          own.waiting.push(waiter)
          signal?.addEventListener('abort', () => {
            own.waiting = own.waiting.filter((one) => one !== waiter)
            reject(signal.reason as Error) // what a caller aborts with is thrown as it is
          }, { once: true })
        })
      }
    },
    listen: (listener) => { own.inbox.listen(listener) },
    pause: () => { own.paused = true },
    resume: () => {
      own.paused = false
      schedule(own, other)
    },
    close: () => {
      if (!own.closed) {
        own.closed = true
        own.waiting.splice(0).forEach(({ reject }) => { reject(new LinkClosedError()) })
        other.ending = true
        schedule(other, own)
      }
      return Promise.resolve()
    },
    abort
  }
  Object.assign(own.link, methods)
  Object.defineProperties(own.link, {
    closed: { get: () => own.closed },
    sentBytes: { get: () => sentBytes },
    receivedBytes: { get: () => own.receivedBytes }
  })
}
