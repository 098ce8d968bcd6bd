import { allocUnsafe } from 'uint8arrays/alloc'
import { FRAME_LENGTH_BYTES, frameBytes } from '../../../protocols/frame/index.ts'

/** A frame's memory is taken as its bytes come in, not as its length promises. */
const FIRST_BYTES = 64 * 1024

export interface FrameAssembler {
  /** Takes the next bytes of the stream and gives every frame that is whole; a frame that lies in one piece is a view on it. @throws {FrameError} */
  push (bytes: Uint8Array, onFrame: (frame: Uint8Array) => void): void
  /** A frame has begun and is not whole. */
  readonly partial: boolean
}

/** Cuts a stream of bytes into frames. */
export function frameAssembler (maxFrameBytes: number): FrameAssembler {
  let buffer: Uint8Array = new Uint8Array(0)
  let filled = 0
  /** Bytes of the frame under way; 0 while its length is not known yet. */
  let expected = 0

  const append = (bytes: Uint8Array): void => {
    if (filled + bytes.byteLength > buffer.byteLength) {
      const grown = allocUnsafe(Math.max(filled + bytes.byteLength, Math.min(expected, Math.max(FIRST_BYTES, buffer.byteLength * 2))))
      grown.set(buffer.subarray(0, filled))
      buffer = grown
    }
    buffer.set(bytes, filled)
    filled += bytes.byteLength
  }

  return {
    get partial () { return filled > 0 },
    push: (bytes, onFrame) => {
      let at = 0
      while (at < bytes.byteLength) {
        if (filled === 0 && bytes.byteLength - at >= FRAME_LENGTH_BYTES) {
          const length = frameBytes(bytes.subarray(at), maxFrameBytes)
          if (bytes.byteLength - at >= length) {
            onFrame(bytes.subarray(at, at + length))
            at += length
            continue
          }
          expected = length
        }
        const wanted = expected === 0 ? FRAME_LENGTH_BYTES - filled : expected - filled
        const part = bytes.subarray(at, at + wanted)
        append(part)
        at += part.byteLength
        if (expected === 0 && filled === FRAME_LENGTH_BYTES) {
          expected = frameBytes(buffer, maxFrameBytes)
        } else if (filled === expected) {
          const frame = buffer.subarray(0, filled)
          buffer = new Uint8Array(0)
          filled = 0
          expected = 0
          onFrame(frame)
        }
      }
    }
  }
}
