import { sharedBytes, type SharedBytes } from '../../../src/store/hashing-thread.ts'

/** A copy that a thread can read where it is. */
export function shared (bytes: Uint8Array): SharedBytes {
  const copy = sharedBytes(bytes.byteLength)
  copy.set(bytes)
  return copy
}
