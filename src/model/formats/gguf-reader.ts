import { FormatError } from '../errors.ts'
import type { ByteSource } from '../types.ts'

/** A metadata value. Whole numbers of 64 bits stay exact. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[]

const CHUNK_BYTES = 1024 * 1024
/** Metadata and tensor table together; the largest real ones (vocabularies of 260,000 tokens with merges) have about 30 MB. */
const MAX_HEADER_BYTES = 512 * 1024 * 1024

/** Reads values one after another, in chunks, never past the end and never more than was checked to be there. */
export interface GgufReader {
  readonly position: number
  /** Bytes after `position`. */
  readonly remaining: number
  u32 (): Promise<number>
  u64 (): Promise<bigint>
  /** A 64-bit count of things that need at least `bytesEach` bytes of the file. */
  count (what: string, bytesEach: number): Promise<number>
  string (what: string): Promise<string>
  value (key: string): Promise<GgufValue>
}

type Scalar = readonly [bytes: number, read: (view: DataView) => number | bigint | boolean]

const scalars: Readonly<Record<number, Scalar>> = {
  0: [1, (view) => view.getUint8(0)],
  1: [1, (view) => view.getInt8(0)],
  2: [2, (view) => view.getUint16(0, true)],
  3: [2, (view) => view.getInt16(0, true)],
  4: [4, (view) => view.getUint32(0, true)],
  5: [4, (view) => view.getInt32(0, true)],
  6: [4, (view) => view.getFloat32(0, true)],
  7: [1, (view) => view.getUint8(0) !== 0],
  10: [8, (view) => view.getBigUint64(0, true)],
  11: [8, (view) => view.getBigInt64(0, true)],
  12: [8, (view) => view.getFloat64(0, true)]
}
const STRING = 8
const ARRAY = 9

export function ggufReader (source: ByteSource): GgufReader {
  const limit = Math.min(source.size, MAX_HEADER_BYTES)
  let chunk: Uint8Array = new Uint8Array(0)
  let chunkStart = 0
  let position = 0
  const utf8 = new TextDecoder('utf-8', { fatal: true })

  /** A view on the next `length` bytes, valid until the next call. */
  const take = async (length: number, what: string): Promise<DataView> => {
    if (length > limit - position) {
      throw new FormatError(source.size > limit && position + length <= source.size
        ? `the GGUF header is larger than ${MAX_HEADER_BYTES} bytes`
        : `the GGUF file ends inside ${what}: it has ${source.size} bytes, ${position + length} are needed`)
    }
    if (position + length > chunkStart + chunk.byteLength || position < chunkStart) {
      chunkStart = position
      chunk = await source.read(position, Math.min(Math.max(length, CHUNK_BYTES), limit - position))
    }
    const view = new DataView(chunk.buffer, chunk.byteOffset + position - chunkStart, length)
    position += length
    return view
  }

  const reader: GgufReader = {
    get position () { return position },
    get remaining () { return limit - position },
    u32: async () => (await take(4, 'the header')).getUint32(0, true),
    u64: async () => (await take(8, 'the header')).getBigUint64(0, true),
    count: async (what, bytesEach) => {
      const count = (await take(8, what)).getBigUint64(0, true)
      if (count * BigInt(bytesEach) > BigInt(limit - position)) {
        throw new FormatError(`the GGUF file says that ${what} has ${count} entries, more than its ${source.size} bytes can hold`)
      }
      return Number(count)
    },
    string: async (what) => {
      const length = await reader.count(what, 1)
      const view = await take(length, what)
      try {
        return utf8.decode(new Uint8Array(view.buffer, view.byteOffset, length))
      } catch (error) {
        throw new FormatError(`${what} in the GGUF file is not UTF-8`, { cause: error })
      }
    },
    value: async (key) => {
      const what = `the value of ${key}`
      const type = await reader.u32()
      return type === ARRAY ? await array(what) : await single(type, what)
    }
  }

  const single = async (type: number, what: string): Promise<GgufValue> => {
    if (type === STRING) {
      return await reader.string(what)
    }
    const scalar = scalars[type]
    if (scalar == null) {
      throw new FormatError(`${what} has type ${type}, which GGUF does not know${type === ARRAY ? ' inside an array (nested arrays are refused)' : ''}`)
    }
    return scalar[1](await take(scalar[0], what))
  }

  const array = async (what: string): Promise<GgufValue> => {
    const type = await reader.u32()
    const count = await reader.count(what, type === STRING ? 8 : scalars[type]?.[0] ?? 1)
    const values: GgufValue[] = []
    for (let index = 0; index < count; index++) {
      values.push(await single(type, what))
    }
    return values
  }

  return reader
}
