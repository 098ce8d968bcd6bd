import { frameBytes, MAX_FRAME_BYTES } from '../../../protocols/frame/index.ts'
import { LinkClosedError, LinkFaultError, LinkOverflowError } from '../errors.ts'
import { inbox, type Inbox } from './inbox.ts'
import type { Link } from '../types.ts'

/** Bytes under way from which on `send` says so, and beyond which it refuses: as for a stream. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024

/** Frames on their way to one end of a link, and how that end stands. */
interface Mailbox {
  readonly inbox: Inbox
  readonly queue: Uint8Array[]
  /** Senders that wait for the queue to get shorter. */
  readonly senders: Set<{ resolve (): void, reject (error: Error): void }>
  queuedBytes: number
  receivedBytes: number
  paused: boolean
  scheduled: boolean
  /** The sender has closed: the end is told behind the last frame. */
  ending: boolean
  /** This end neither sends nor receives any more. */
  over: boolean
}

export interface MemoryLinkInit {
  readonly protocol: string
  readonly peers: readonly [string, string]
  readonly maxFrameBytes?: number
}

/**
 * Two ends of a link inside the process. Frames are handed over in a later microtask, never inside `send`, as over a stream;
 * the bytes are the same, not a copy.
 */
export function memoryLinkPair (init: MemoryLinkInit): [Link, Link] {
  const [first, second] = [mailbox(), mailbox()]
  return [linkEnd(init, init.peers[1], first, second), linkEnd(init, init.peers[0], second, first)]
}

const mailbox = (): Mailbox => ({
  inbox: inbox(), queue: [], senders: new Set(), queuedBytes: 0, receivedBytes: 0, paused: false, scheduled: false, ending: false, over: false
})

/** Ends one side; with an error at once, without one behind what was delivered. */
function end (own: Mailbox, other: Mailbox, error?: Error): void {
  own.over = true
  other.senders.forEach(({ reject }) => { reject(new LinkClosedError()) })
  other.senders.clear()
  if (error != null) {
    own.queue.length = 0
    own.queuedBytes = 0
  }
  own.inbox.end(error)
}

/** Ends both sides at once. */
function abort (own: Mailbox, other: Mailbox, error: Error): void {
  if (!own.over) {
    end(own, other, error)
    queueMicrotask(() => { end(other, own, new LinkFaultError('the other side ended the link', { cause: error })) })
  }
}

/** Hands over what is queued for `own`, in a later microtask. */
function schedule (own: Mailbox, other: Mailbox): void {
  if (!own.scheduled) {
    own.scheduled = true
    queueMicrotask(() => {
      own.scheduled = false
      deliver(own, other)
    })
  }
}

function deliver (own: Mailbox, other: Mailbox): void {
  for (let frame = own.paused ? undefined : own.queue.shift(); frame != null; frame = own.paused ? undefined : own.queue.shift()) {
    own.queuedBytes -= frame.byteLength
    own.receivedBytes += frame.byteLength
    try {
      own.inbox.frame(frame)
    } catch (error) {
      // what a listener can't take ends the link, as over a stream
      abort(own, other, error instanceof Error ? error : new LinkFaultError(String(error)))
      return
    }
  }
  if (own.queuedBytes < HIGH_WATER_BYTES) {
    own.senders.forEach(({ resolve }) => { resolve() })
    own.senders.clear()
  }
  if (own.ending && own.queue.length === 0 && !own.over) {
    end(own, other)
  }
}

function linkEnd ({ protocol, maxFrameBytes = MAX_FRAME_BYTES }: MemoryLinkInit, peer: string, own: Mailbox, other: Mailbox): Link {
  let sentBytes = 0

  function send (frame: Uint8Array): boolean {
    if (own.over || other.over) {
      throw new LinkClosedError()
    }
    if (frameBytes(frame, maxFrameBytes) !== frame.byteLength) {
      throw new TypeError('send takes whole frames')
    }
    if (other.queuedBytes + frame.byteLength > MAX_QUEUED_BYTES) {
      throw new LinkOverflowError(`more than ${MAX_QUEUED_BYTES} bytes wait to be taken`)
    }
    sentBytes += frame.byteLength
    other.queue.push(frame)
    other.queuedBytes += frame.byteLength
    schedule(other, own)
    return other.queuedBytes < HIGH_WATER_BYTES
  }

  return {
    protocol,
    peer,
    get closed () { return own.over },
    get sentBytes () { return sentBytes },
    get receivedBytes () { return own.receivedBytes },
    listen: (listener) => { own.inbox.listen(listener) },
    send: (frame, ...more) => more.reduce((_isReady, each) => send(each), send(frame)),
    drained: async ({ signal } = {}) => {
      signal?.throwIfAborted()
      if (own.over) {
        throw new LinkClosedError()
      }
      if (other.queuedBytes >= HIGH_WATER_BYTES) {
        const { promise, resolve, reject } = Promise.withResolvers<undefined>()
        const sender = { resolve: () => { resolve(undefined) }, reject }
        const onAbort = (): void => { reject(signal?.reason as Error) } // what a caller aborts with is thrown as it is
        other.senders.add(sender)
        signal?.addEventListener('abort', onAbort)
        await promise.finally(() => {
          other.senders.delete(sender)
          signal?.removeEventListener('abort', onAbort)
        })
      }
    },
    pause: () => { own.paused = true },
    resume: () => {
      own.paused = false
      schedule(own, other)
    },
    close: () => {
      if (!own.over) {
        end(own, other)
        other.ending = true
        schedule(other, own)
      }
      return Promise.resolve()
    },
    abort: (error) => { abort(own, other, error) }
  }
}
