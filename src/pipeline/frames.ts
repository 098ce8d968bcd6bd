import { FRAME_HEADER_BYTES, allocFrame, encodeFrame, payloadOf, readHeader, writeHeader, type FrameHeader } from '../../protocols/frame/index.ts'
import { MalformedError } from './errors.ts'

export { encodeFrame, type FrameHeader }

export interface FrameParts {
  readonly frame: Uint8Array
  /** The payload inside `frame`; starts at a multiple of 4. */
  readonly payload: Uint8Array
}

/** A frame whose payload is written in place. */
export function newFrame (header: Partial<FrameHeader> & { readonly type: number }, payloadBytes: number): FrameParts {
  const frame = allocFrame(payloadBytes)
  writeHeader(frame, header)
  return { frame, payload: frame.subarray(FRAME_HEADER_BYTES) }
}

/** @throws {FrameError} */
export function readFrame (frame: Uint8Array): { readonly header: FrameHeader, readonly payload: Uint8Array } {
  return { header: readHeader(frame), payload: payloadOf(frame) }
}

/** Reads a protobuf payload. @throws {MalformedError} */
export function parse<T> (decode: (bytes: Uint8Array) => T, payload: Uint8Array, what: string): T {
  try {
    return decode(payload)
  } catch (error) {
    throw new MalformedError(`${what} can't be read`, { cause: error })
  }
}

/** Token ids lie as u32, little-endian, one after another. */
export function idBytes (ids: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Uint32Array.from(ids).buffer)
}

/** Values of a vector lie as float32, little-endian, one after another. */
export function floatBytes (values: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  values.forEach((value, index) => { view.setFloat32(index * 4, value, true) })
  return new Uint8Array(view.buffer)
}

/** Bytes that are no whole value are left out. */
export function readFloats (bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getFloat32(4 * index, true))
}

/** @throws {MalformedError} where the bytes are no whole ids, or an id is not below `vocabSize` */
export function readIds (bytes: Uint8Array, vocabSize: number): Uint32Array {
  if (bytes.length % 4 !== 0) throw new MalformedError(`${bytes.length} bytes are no whole token ids`)
  const ids = new Uint32Array(bytes.length / 4)
  new Uint8Array(ids.buffer).set(bytes)
  const wrong = ids.find((id) => id >= vocabSize)
  if (wrong !== undefined) throw new MalformedError(`token id ${wrong} is not below the vocabulary's ${vocabSize}`)
  return ids
}
