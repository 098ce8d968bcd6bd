import { readFileSync } from 'node:fs'
import type { ByteSource } from '../../../src/model/index.ts'

/** Bytes in memory as a source, refusing what lies outside as a file would. */
export function bytesSource (bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    read: async (offset, length) => {
      if (offset < 0 || length < 0 || offset + length > bytes.byteLength) {
        throw new RangeError(`read ${length} at ${offset} of ${bytes.byteLength}`)
      }
      return await Promise.resolve(bytes.subarray(offset, offset + length))
    }
  }
}

/** A file of `size` bytes that begins with `start` and goes on with zeros; it takes no memory, and counts what is read. */
export function hugeSource (start: Uint8Array, size: number): ByteSource & { readonly bytesRead: () => number } {
  let total = 0
  return {
    size,
    bytesRead: () => total,
    read: async (offset, length) => {
      total += length
      const bytes = new Uint8Array(length)
      bytes.set(start.subarray(offset, offset + length))
      return await Promise.resolve(bytes)
    }
  }
}

export const fixture = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../fixtures/${path}`, import.meta.url)))

const little = (bytes: number, write: (view: DataView) => void): Uint8Array => {
  const out = new Uint8Array(bytes)
  write(new DataView(out.buffer))
  return out
}

/** Little-endian fields of a GGUF file, to be put together by `concat`. */
export const u32 = (value: number): Uint8Array => little(4, (view) => { view.setUint32(0, value, true) })
export const u64 = (value: number | bigint): Uint8Array => little(8, (view) => { view.setBigUint64(0, BigInt(value), true) })
export const text = (value: string): Uint8Array => {
  const bytes = new TextEncoder().encode(value)
  return concat(u64(bytes.length), bytes)
}

export function concat (...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** A GGUF file without padding or data: `entries` are keys with their type and value. */
export const ggufHeader = (tensorCount: number | bigint, valueCount: number | bigint, ...entries: readonly Uint8Array[]): Uint8Array =>
  concat(new TextEncoder().encode('GGUF'), u32(3), u64(tensorCount), u64(valueCount), ...entries)
