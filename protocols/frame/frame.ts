/**
 * The frame that every Shoal stream carries: a fixed little-endian header and a payload. See README.md.
 */

export const FRAME_VERSION = 1
export const FRAME_HEADER_BYTES = 24
/** Bytes of the length field, which does not count itself. */
export const FRAME_LENGTH_BYTES = 4
/** Largest whole frame, header included. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024
/** Frames of this type and above are skipped by those who do not know them; below it they are refused. */
export const FIRST_OPTIONAL_TYPE = 128
/** Flags that a receiver must know; the other four may be ignored. */
const CRITICAL_FLAGS = 0x0f

export interface FrameHeader {
  readonly type: number
  readonly flags: number
  readonly epoch: number
  readonly lap: number
  readonly position: number
  readonly rows: number
  readonly score: number
}

/** Bytes that are no frame, or one that this version must refuse. The sender is at fault. */
export class FrameError extends Error {
  override name = 'FrameError'
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A whole frame on memory of its own, its header still to be written. */
export const allocFrame = (payloadBytes: number): Uint8Array => new Uint8Array(new ArrayBuffer(FRAME_HEADER_BYTES + payloadBytes))

/** Writes the header into the first 24 bytes of `frame`. */
export function writeHeader (frame: Uint8Array, header: Partial<FrameHeader> & { readonly type: number }, payloadBytes = frame.byteLength - FRAME_HEADER_BYTES): void {
  const out = view(frame)
  out.setUint32(0, FRAME_HEADER_BYTES - FRAME_LENGTH_BYTES + payloadBytes, true)
  out.setUint8(4, FRAME_VERSION)
  out.setUint8(5, header.type)
  out.setUint8(6, FRAME_HEADER_BYTES)
  out.setUint8(7, header.flags ?? 0)
  out.setUint32(8, header.epoch ?? 0, true)
  out.setUint32(12, header.lap ?? 0, true)
  out.setUint32(16, header.position ?? 0, true)
  out.setUint16(20, header.rows ?? 0, true)
  out.setUint16(22, header.score ?? 0, true)
}

/** A whole frame around a payload, which is copied. */
export function encodeFrame (header: Partial<FrameHeader> & { readonly type: number }, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const frame = allocFrame(payload.byteLength)
  writeHeader(frame, header)
  frame.set(payload, FRAME_HEADER_BYTES)
  return frame
}

/** Bytes of the whole frame that begins in `bytes` (at least 4), by its length field. @throws {FrameError} where no frame has that length */
export function frameBytes (bytes: Uint8Array, maxFrameBytes: number = MAX_FRAME_BYTES): number {
  const length = view(bytes).getUint32(0, true) + FRAME_LENGTH_BYTES
  if (length < FRAME_HEADER_BYTES || length > maxFrameBytes) {
    throw new FrameError(`a frame says it has ${length} bytes; ${FRAME_HEADER_BYTES} to ${maxFrameBytes} are allowed`)
  }
  return length
}

/** Reads a whole frame's header. @throws {FrameError} */
export function readHeader (frame: Uint8Array): FrameHeader {
  if (frame.byteLength < FRAME_HEADER_BYTES) {
    throw new FrameError(`a frame of ${frame.byteLength} bytes has no whole header`)
  }
  const input = view(frame)
  const version = input.getUint8(4)
  const headerBytes = input.getUint8(6)
  const flags = input.getUint8(7)
  if (version !== FRAME_VERSION) {
    throw new FrameError(`frame version ${version} is unknown; this node speaks ${FRAME_VERSION}`)
  }
  if (headerBytes < FRAME_HEADER_BYTES || headerBytes > frame.byteLength) {
    throw new FrameError(`a frame of ${frame.byteLength} bytes says that its header has ${headerBytes}`)
  }
  if ((flags & CRITICAL_FLAGS) !== 0) {
    throw new FrameError(`a frame has the flags ${flags & CRITICAL_FLAGS}, which this node does not know`)
  }
  return {
    type: input.getUint8(5),
    flags,
    epoch: input.getUint32(8, true),
    lap: input.getUint32(12, true),
    position: input.getUint32(16, true),
    rows: input.getUint16(20, true),
    score: input.getUint16(22, true)
  }
}

/** A view on a whole frame's payload, behind however long a header it has. */
export const payloadOf = (frame: Uint8Array): Uint8Array => frame.subarray(frame[6] ?? FRAME_HEADER_BYTES)
