import { iq1mBlock, iq1sBlock, iq2sBlock, iq2xsBlock, iq2xxsBlock, iq3sBlock, iq3xxsBlock } from './iq.ts'
import { q2k, q3k, q4k, q5k, q6k } from './k-quants.ts'
import { iq4nl, iq4xs, mxfp4, nvfp4, tq10, tq20 } from './table-types.ts'
import { half, type UnpackBlock } from './unpack-block.ts'

/** How a block type is stored without loss: see `BlockTensor` for what the numbers mean. */
export interface Container {
  readonly bits: 4 | 8
  readonly block: 16 | 32 | 64
  readonly hasMinimum: boolean
}

/** A GGML tensor type. Layouts after ggml's `ggml-common.h`. */
export interface BlockType {
  readonly id: number
  readonly name: string
  /** Values in a block, and its bytes in the file. */
  readonly elements: number
  readonly bytes: number
  /** Absent for plain floats. */
  readonly blocks?: { readonly container: Container, readonly unpack: UnpackBlock }
}

/** Low nibbles are the first half of a block of 32, high nibbles the second. */
function nibbles (bytes: Uint8Array, at: number, q: Uint8Array): void {
  for (let index = 0; index < 16; index++) {
    const byte = bytes[at + index] ?? 0
    q[index] = byte & 15
    q[index + 16] = byte >>> 4
  }
}

/** As `nibbles`, with the fifth bit of value i in bit i of the 32-bit number at `high`, and `shift` added. */
function fiveBits (bytes: Uint8Array, high: number, low: number, shift: number, q: Uint8Array): void {
  nibbles(bytes, low, q)
  for (let index = 0; index < 32; index++) {
    const bit = ((bytes[high + (index >>> 3)] ?? 0) >>> (index & 7)) & 1
    q[index] = (q[index] ?? 0) + (bit << 4) + shift
  }
}

const q40: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  scales[s] = half(bytes, at)
  nibbles(bytes, at + 2, q)
}

const q41: UnpackBlock = (bytes, at, q, scales, minimums, s) => {
  const scale = half(bytes, at)
  scales[s] = scale
  minimums[s] = half(bytes, at + 2) + 8 * scale
  nibbles(bytes, at + 4, q)
}

const q50: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  scales[s] = half(bytes, at)
  fiveBits(bytes, at + 2, at + 6, 112, q)
}

const q51: UnpackBlock = (bytes, at, q, scales, minimums, s) => {
  scales[s] = half(bytes, at)
  minimums[s] = half(bytes, at + 2)
  fiveBits(bytes, at + 4, at + 8, 128, q)
}

const q80: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  scales[s] = half(bytes, at)
  for (let index = 0; index < 32; index++) {
    q[index] = (bytes[at + 2 + index] ?? 0) ^ 0x80
  }
}

const container = (bits: 4 | 8, block: 16 | 32, hasMinimum: boolean): Container => ({ bits, block, hasMinimum })

const types: readonly BlockType[] = [
  { id: 0, name: 'F32', elements: 1, bytes: 4 },
  { id: 1, name: 'F16', elements: 1, bytes: 2 },
  { id: 30, name: 'BF16', elements: 1, bytes: 2 },
  { id: 2, name: 'Q4_0', elements: 32, bytes: 18, blocks: { container: container(4, 32, false), unpack: q40 } },
  { id: 3, name: 'Q4_1', elements: 32, bytes: 20, blocks: { container: container(4, 32, true), unpack: q41 } },
  { id: 6, name: 'Q5_0', elements: 32, bytes: 22, blocks: { container: container(8, 32, false), unpack: q50 } },
  { id: 7, name: 'Q5_1', elements: 32, bytes: 24, blocks: { container: container(8, 32, true), unpack: q51 } },
  { id: 8, name: 'Q8_0', elements: 32, bytes: 34, blocks: { container: container(8, 32, false), unpack: q80 } },
  { id: 10, name: 'Q2_K', elements: 256, bytes: 84, blocks: { container: container(4, 16, true), unpack: q2k } },
  { id: 11, name: 'Q3_K', elements: 256, bytes: 110, blocks: { container: container(4, 16, false), unpack: q3k } },
  { id: 12, name: 'Q4_K', elements: 256, bytes: 144, blocks: { container: container(4, 32, true), unpack: q4k } },
  { id: 13, name: 'Q5_K', elements: 256, bytes: 176, blocks: { container: container(8, 32, true), unpack: q5k } },
  { id: 14, name: 'Q6_K', elements: 256, bytes: 210, blocks: { container: container(8, 16, false), unpack: q6k } },
  { id: 16, name: 'IQ2_XXS', elements: 256, bytes: 66, blocks: { container: container(8, 32, false), unpack: iq2xxsBlock } },
  { id: 17, name: 'IQ2_XS', elements: 256, bytes: 74, blocks: { container: container(8, 16, false), unpack: iq2xsBlock } },
  { id: 18, name: 'IQ3_XXS', elements: 256, bytes: 98, blocks: { container: container(8, 32, false), unpack: iq3xxsBlock } },
  { id: 19, name: 'IQ1_S', elements: 256, bytes: 50, blocks: { container: container(8, 32, false), unpack: iq1sBlock } },
  { id: 20, name: 'IQ4_NL', elements: 32, bytes: 18, blocks: { container: container(8, 32, false), unpack: iq4nl } },
  { id: 21, name: 'IQ3_S', elements: 256, bytes: 110, blocks: { container: container(8, 32, false), unpack: iq3sBlock } },
  { id: 22, name: 'IQ2_S', elements: 256, bytes: 82, blocks: { container: container(8, 16, false), unpack: iq2sBlock } },
  { id: 23, name: 'IQ4_XS', elements: 256, bytes: 136, blocks: { container: container(8, 32, false), unpack: iq4xs } },
  { id: 29, name: 'IQ1_M', elements: 256, bytes: 56, blocks: { container: container(8, 16, false), unpack: iq1mBlock } },
  { id: 34, name: 'TQ1_0', elements: 256, bytes: 54, blocks: { container: container(4, 32, false), unpack: tq10 } },
  { id: 35, name: 'TQ2_0', elements: 256, bytes: 66, blocks: { container: container(4, 32, false), unpack: tq20 } },
  { id: 39, name: 'MXFP4', elements: 32, bytes: 17, blocks: { container: container(8, 32, false), unpack: mxfp4 } },
  { id: 40, name: 'NVFP4', elements: 64, bytes: 36, blocks: { container: container(8, 16, false), unpack: nvfp4 } }
]

/** Types of the format that are not read, so that a refusal can say their name. */
const unread: Readonly<Record<number, string>> = {
  9: 'Q8_1', 15: 'Q8_K', 24: 'I8', 25: 'I16', 26: 'I32', 27: 'I64', 28: 'F64'
}

const byId = new Map(types.map((type) => [type.id, type]))
const byName = new Map(types.map((type) => [type.name, type]))

/** By GGUF's number; undefined for a type that Shoal does not read. */
export const blockTypeOf = (id: number): BlockType | undefined => byId.get(id)

export const blockTypeNamed = (name: string): BlockType | undefined => byName.get(name)

/** Name of a type that GGUF knows and Shoal does not read. */
export const unreadTypeName = (id: number): string | undefined => unread[id]

export const blockTypeNames = (): string[] => types.map(({ name }) => name)
