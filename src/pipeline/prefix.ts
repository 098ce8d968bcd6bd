import { createHash } from 'node:crypto'
import { ComputeCode, PREFIX_BLOCK, PREFIX_KEY_BYTES } from '../../protocols/ring/index.ts'
import type { Wire } from './types.ts'
import type { Compute } from '../model/index.ts'

export interface PrefixInit {
  readonly wire: Wire
  readonly compute: Compute
  readonly ropeVariant: number
  /** The stages whose output this one gets, from the head on: what one of them did wrong stays with its name. */
  readonly upstream: ReadonlyArray<{ readonly peerId: string, readonly start: number, readonly end: number }>
}

/** Keys of a prompt's whole blocks, one after another: equal keys mean equal tokens up to there, by the same way. See protocols/ring/README.md. */
export function prefixKeys ({ wire, compute, ropeVariant, upstream }: PrefixInit, promptIds: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const seed = createHash('sha256').update('shoal-prefix-1').update(`${wire}\0`).update(u32(ComputeCode[compute], ropeVariant))
  for (const { peerId, start, end } of upstream) seed.update(`${peerId}\0`).update(u32(start, end))
  let key: Uint8Array = seed.digest()
  const blocks = Math.floor(promptIds.length / PREFIX_BLOCK)
  const keys = new Uint8Array(blocks * PREFIX_KEY_BYTES)
  const ids = Uint32Array.from(promptIds)
  for (let block = 0; block < blocks; block++) {
    const digest = createHash('sha256').update(key).update(u32(...ids.subarray(block * PREFIX_BLOCK, (block + 1) * PREFIX_BLOCK))).digest()
    key = digest.subarray(0, PREFIX_KEY_BYTES)
    keys.set(key, block * PREFIX_KEY_BYTES)
  }
  return keys
}

/** Keys as text, in order. */
export function keyList (keys: Uint8Array): string[] {
  const text = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength).toString('hex')
  return Array.from({ length: keys.length / PREFIX_KEY_BYTES }, (_, index) => text.slice(index * 2 * PREFIX_KEY_BYTES, (index + 1) * 2 * PREFIX_KEY_BYTES))
}

function u32 (...values: number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length))
  values.forEach((value, index) => { bytes.setUint32(4 * index, value, true) })
  return new Uint8Array(bytes.buffer)
}
