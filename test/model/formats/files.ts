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

export const fixture = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../fixtures/${path}`, import.meta.url)))
