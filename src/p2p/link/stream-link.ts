import { Uint8ArrayList } from 'uint8arraylist'
import { MAX_FRAME_BYTES, frameBytes } from '../../../protocols/frame/index.ts'
import { LinkClosedError, LinkFaultError, LinkOverflowError } from '../errors.ts'
import { frameAssembler } from './frame-assembler.ts'
import { inbox } from './inbox.ts'
import { MAX_QUEUED_BYTES } from './memory-link.ts'
import { fewerWindowUpdates } from './window-updates.ts'
import type { Link, Traffic } from '../types.ts'
import type { Stream } from '@libp2p/interface'

/** One Noise record (65,519 bytes) less Yamux's header: a larger send would be cut in two anyway. */
const CHUNK_BYTES = 65_507
/** Far above Yamux's window, so that `pause` holds the sender back; WebRTC's streams have none and are reset where more waits. */
const MAX_READ_BYTES = 20 * 1024 * 1024

export interface StreamLinkInit {
  readonly peer: string
  readonly protocol: string
  readonly maxFrameBytes?: number | undefined
  /** Counted up with the link's bytes. */
  readonly traffic?: Traffic | undefined
}

/** A link over a libp2p stream. */
export function streamLink (stream: Stream, { peer, protocol, maxFrameBytes = MAX_FRAME_BYTES, traffic = { sentBytes: 0, receivedBytes: 0 } }: StreamLinkInit): Link {
  const received = inbox()
  const frames = frameAssembler(maxFrameBytes)
  let sentBytes = 0
  let receivedBytes = 0
  let over = false
  let paused = false
  let resuming = false

  fewerWindowUpdates(stream)
  stream.maxReadBufferLength = MAX_READ_BYTES
  stream.maxWriteBufferLength = MAX_QUEUED_BYTES + MAX_FRAME_BYTES

  const end = (error?: Error): void => {
    if (!over) {
      over = true
      received.end(error)
    }
  }
  const fail = (error: Error): void => {
    end(error)
    stream.abort(error)
  }
  const onFrame = (frame: Uint8Array): void => {
    receivedBytes += frame.byteLength
    traffic.receivedBytes += frame.byteLength
    received.frame(frame)
  }

  stream.addEventListener('message', ({ data }) => {
    if (over) {
      return
    }
    try {
      for (const part of data instanceof Uint8Array ? [data] : data) {
        frames.push(part, onFrame)
      }
    } catch (error) {
      fail(error instanceof Error ? error : new LinkFaultError(String(error)))
    }
  })
  stream.addEventListener('remoteCloseWrite', () => {
    if (frames.partial) {
      fail(new LinkFaultError('the stream ended inside a frame'))
      return
    }
    end()
    stream.close().catch((error: unknown) => { stream.abort(error as Error) }) // libp2p rejects with errors only
  })
  stream.addEventListener('close', ({ error }) => {
    // A relay that cuts a connection closes its streams without an error: an end that was not announced is none.
    end(error ?? new LinkFaultError('the connection was lost'))
  })
  if (stream.status !== 'open') {
    // it was reset before anybody could hear of it
    end(new LinkFaultError(`${peer} refused the link`))
  }

  /** @throws where it can't be sent */
  const admit = (frame: Uint8Array): void => {
    if (over || stream.status !== 'open') {
      throw new LinkClosedError()
    }
    if (frameBytes(frame, maxFrameBytes) !== frame.byteLength) {
      throw new TypeError('send takes whole frames')
    }
    if (stream.writeBufferLength + frame.byteLength > MAX_QUEUED_BYTES) {
      throw new LinkOverflowError(`more than ${MAX_QUEUED_BYTES} bytes wait to be sent to ${peer}`)
    }
    sentBytes += frame.byteLength
    traffic.sentBytes += frame.byteLength
  }

  return {
    peer,
    protocol,
    get closed () { return over },
    get sentBytes () { return sentBytes },
    get receivedBytes () { return receivedBytes },
    send: (frame, ...more) => {
      admit(frame)
      if (more.length > 0) {
        more.forEach(admit)
        return stream.send(new Uint8ArrayList(frame, ...more))
      }
      if (frame.byteLength <= CHUNK_BYTES) {
        return stream.send(frame)
      }
      let isReady = true
      for (let at = 0; at < frame.byteLength; at += CHUNK_BYTES) {
        isReady = stream.send(frame.subarray(at, at + CHUNK_BYTES))
      }
      return isReady
    },
    drained: async ({ signal } = {}) => { await drained(stream, signal ?? undefined) },
    listen: (listener) => { received.listen(listener) },
    pause: () => {
      paused = true
      if (!resuming) stream.pause()
    },
    resume: () => {
      paused = false
      resuming = true
      // hands over what waits, and then tells the sender to go on, whatever a listener said meanwhile (utils 7.4.1)
      try {
        stream.resume()
      } finally {
        resuming = false
      }
      if (paused && !over) stream.pause()
    },
    close: async (options) => {
      if (!over) {
        end()
        try {
          await stream.close(options)
        } catch (error) {
          stream.abort(error as Error) // libp2p rejects with errors only
        }
      }
    },
    abort: fail
  }
}

/** Waits for the event: libp2p's own `onDrain` waits the first time only (utils 7.4.1). */
async function drained (stream: Stream, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  if (stream.status !== 'open') {
    throw new LinkClosedError()
  }
  if (!stream.writableNeedsDrain) {
    return
  }
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const onDrain = (): void => { resolve(undefined) }
  const onClose = ({ error }: { error?: Error }): void => { reject(new LinkClosedError(undefined, { cause: error })) }
  const onAbort = (): void => { reject(signal?.reason as Error) } // what a caller aborts with is thrown as it is
  stream.addEventListener('drain', onDrain)
  stream.addEventListener('close', onClose)
  signal?.addEventListener('abort', onAbort)
  try {
    await promise
  } finally {
    stream.removeEventListener('drain', onDrain)
    stream.removeEventListener('close', onClose)
    signal?.removeEventListener('abort', onAbort)
  }
}
