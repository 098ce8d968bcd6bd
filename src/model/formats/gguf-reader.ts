import { FormatError } from '../errors.ts'
import type { ByteSource } from '../types.ts'

/** A metadata value. Whole numbers of 64 bits stay exact. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[]

const CHUNK_BYTES = 1024 * 1024
/**
 * Metadata and tensor table together, one string, and all values. The largest real headers (vocabularies of 260,000 tokens with
 * 500,000 merges and a whole tokenizer.json as a string) have about 50 MB and 1.3 million values.
 */
const MAX_HEADER_BYTES = 256 * 1024 * 1024
const MAX_STRING_BYTES = 64 * 1024 * 1024
const MAX_VALUES = 4_000_000

/** Reads values one after another, in chunks, never past the end and never more than was checked to be there. */
export interface GgufReader {
  readonly position: number
  u32 (what: string): Promise<number>
  u64 (what: string): Promise<bigint>
  /** A 64-bit count of things that need at least `bytesEach` bytes of the file, and of which there are at most `most`. */
  count (what: string, bytesEach: number, most: number): Promise<number>
  /** At most `most` bytes. */
  string (what: string, most?: number): Promise<string>
  value (key: string): Promise<GgufValue>
}

interface Scalar {
  readonly bytes: number
  read (view: DataView, at: number): number | bigint | boolean
}

const scalars: Readonly<Record<number, Scalar>> = {
  0: { bytes: 1, read: (view, at) => view.getUint8(at) },
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  7: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  10: { bytes: 8, read: (view, at) => view.getBigUint64(at, true) },
  11: { bytes: 8, read: (view, at) => view.getBigInt64(at, true) },
  12: { bytes: 8, read: (view, at) => view.getFloat64(at, true) }
}
const STRING = 8
const ARRAY = 9

export function ggufReader (source: ByteSource): GgufReader {
  const limit = Math.min(source.size, MAX_HEADER_BYTES)
  let chunk: Uint8Array = new Uint8Array(0)
  let view = new DataView(chunk.buffer)
  let chunkStart = 0
  let position = 0
  let valuesLeft = MAX_VALUES
  // a byte order mark is text here: vocabularies hold it as a token
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  const buffered = (length: number): boolean => position + length <= chunkStart + chunk.byteLength

  /** Brings the next `length` bytes into the chunk. */
  const fill = async (length: number, what: string): Promise<void> => {
    if (length > limit - position) {
      throw new FormatError(position + length <= source.size
        ? `the GGUF header is larger than ${MAX_HEADER_BYTES} bytes`
        : `the GGUF file ends inside ${what}: it has ${source.size} bytes, ${position + length} are needed`)
    }
    if (!buffered(length)) {
      chunkStart = position
      chunk = await source.read(position, Math.min(Math.max(length, CHUNK_BYTES), limit - position))
      view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    }
  }

  /** Index in the chunk of the next `length` bytes, which are buffered, and steps over them. */
  const step = (length: number): number => {
    const at = position - chunkStart
    position += length
    return at
  }

  const u32 = async (what: string): Promise<number> => {
    await fill(4, what)
    return view.getUint32(step(4), true)
  }

  const u64 = async (what: string): Promise<bigint> => {
    await fill(8, what)
    return view.getBigUint64(step(8), true)
  }

  const count = async (what: string, bytesEach: number, most: number): Promise<number> => {
    const entries = await u64(what)
    if (entries * BigInt(bytesEach) > BigInt(source.size - position)) {
      throw new FormatError(`the GGUF file says that ${what} has ${entries} entries, more than its ${source.size} bytes can hold`)
    }
    if (entries > BigInt(most)) {
      throw new FormatError(`the GGUF file says that ${what} has ${entries} entries; at most ${most} are read`)
    }
    return Number(entries)
  }

  const string = async (what: string, most = MAX_STRING_BYTES): Promise<string> => {
    if (!buffered(8)) {
      await fill(8, what)
    }
    const length = view.getBigUint64(step(8), true)
    if (length > BigInt(Math.min(most, source.size - position))) {
      throw new FormatError(`the GGUF file says that ${what} is ${length} bytes long, but ${source.size - position} are left and ${most} are read at most`)
    }
    if (!buffered(Number(length))) {
      await fill(Number(length), what)
    }
    const at = step(Number(length))
    try {
      return utf8.decode(chunk.subarray(at, position - chunkStart))
    } catch (error) {
      throw new FormatError(`${what} in the GGUF file is not UTF-8`, { cause: error })
    }
  }

  const spend = (values: number, what: string): void => {
    valuesLeft -= values
    if (valuesLeft < 0) {
      throw new FormatError(`the GGUF metadata has more than ${MAX_VALUES} values, reached in ${what}`)
    }
  }

  const array = async (what: string): Promise<GgufValue> => {
    const type = await u32(what)
    const scalar = scalars[type]
    if (scalar == null && type !== STRING) {
      throw new FormatError(type === ARRAY
        ? `${what} is an array of arrays, which no model uses: Shoal refuses it`
        : `${what} is an array of type ${type}, which GGUF does not know`)
    }
    const length = await count(what, scalar?.bytes ?? 8, MAX_VALUES)
    spend(length, what)
    const values: GgufValue[] = []
    while (values.length < length) {
      if (scalar == null) {
        values.push(await string(what))
        continue
      }
      const batch = Math.min(length - values.length, Math.floor(CHUNK_BYTES / scalar.bytes))
      await fill(batch * scalar.bytes, what)
      const start = step(batch * scalar.bytes)
      for (let index = 0; index < batch; index++) {
        values.push(scalar.read(view, start + index * scalar.bytes))
      }
    }
    return values
  }

  return {
    get position () { return position },
    u32,
    u64,
    count,
    string,
    value: async (key) => {
      const what = `the value of ${key}`
      const type = await u32(what)
      spend(1, what)
      if (type === ARRAY) {
        return await array(what)
      }
      if (type === STRING) {
        return await string(what)
      }
      const scalar = scalars[type]
      if (scalar == null) {
        throw new FormatError(`${what} has type ${type}, which GGUF does not know`)
      }
      await fill(scalar.bytes, what)
      return scalar.read(view, step(scalar.bytes))
    }
  }
}
