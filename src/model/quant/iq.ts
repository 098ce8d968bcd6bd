import { iq1, iq2s, iq2xs, iq2xxs, iq3s, iq3xxs } from './iq-books.ts'
import { half, type UnpackBlock } from './unpack-block.ts'

/** Zero of the containers with 8 bits. */
const ZERO = 128

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | u16(bytes, at + 2) << 16) >>> 0
const nibble = (bytes: Uint8Array, at: number, index: number): number => (bytes[at + (index >>> 1)] ?? 0) >>> ((index & 1) * 4) & 15

/** Eight signs from seven bits: the eighth makes their number even. */
function signsOf (seven: number): number {
  let parity = seven ^ seven >>> 4
  parity ^= parity >>> 2
  return seven | ((parity ^ parity >>> 1) & 1) << 7
}

/** Values of a book's entry with signs, bit i for value i. */
function put (q: Uint8Array, at: number, book: Int8Array, entry: number, size: number, signs: number): void {
  for (let index = 0; index < size; index++) {
    const value = book[entry * size + index] ?? 0
    q[at + index] = (signs >>> index & 1) === 1 ? ZERO - value : ZERO + value
  }
}

export const iq2xxsBlock: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at)
  for (let run = 0; run < 8; run++) {
    const from = at + 2 + run * 8
    const rest = u32(bytes, from + 4)
    scales[s + run] = d * (0.5 + (rest >>> 28)) * 0.25
    for (let part = 0; part < 4; part++) {
      put(q, run * 32 + part * 8, iq2xxs(), bytes[from + part] ?? 0, 8, signsOf(rest >>> (7 * part) & 127))
    }
  }
}

export const iq2xsBlock: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at)
  for (let part = 0; part < 32; part++) {
    const code = u16(bytes, at + 2 + part * 2)
    put(q, part * 8, iq2xs(), code & 511, 8, signsOf(code >>> 9))
    scales[s + (part >>> 1)] = d * (0.5 + nibble(bytes, at + 66, part >>> 1)) * 0.25
  }
}

export const iq2sBlock: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at)
  for (let part = 0; part < 32; part++) {
    const high = (bytes[at + 66 + (part >>> 2)] ?? 0) >>> ((part & 3) * 2) & 3
    put(q, part * 8, iq2s(), (bytes[at + 2 + part] ?? 0) | high << 8, 8, bytes[at + 34 + part] ?? 0)
    scales[s + (part >>> 1)] = d * (0.5 + nibble(bytes, at + 74, part >>> 1)) * 0.25
  }
}

export const iq3xxsBlock: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at)
  for (let run = 0; run < 8; run++) {
    const rest = u32(bytes, at + 66 + run * 4)
    scales[s + run] = d * (0.5 + (rest >>> 28)) * 0.5
    for (let part = 0; part < 8; part++) {
      const signs = signsOf(rest >>> (7 * (part >>> 1)) & 127) >>> ((part & 1) * 4)
      put(q, run * 32 + part * 4, iq3xxs(), bytes[at + 2 + run * 8 + part] ?? 0, 4, signs)
    }
  }
}

export const iq3sBlock: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at)
  for (let part = 0; part < 64; part++) {
    const high = (bytes[at + 66 + (part >>> 3)] ?? 0) >>> (part & 7) & 1
    const signs = (bytes[at + 74 + (part >>> 1)] ?? 0) >>> ((part & 1) * 4)
    put(q, part * 4, iq3s(), (bytes[at + 2 + part] ?? 0) | high << 8, 4, signs)
    scales[s + (part >>> 3)] = d * (1 + 2 * nibble(bytes, at + 106, part >>> 3))
  }
}

/** Values −1, 0 and 1 are moved by an eighth up or down: whole numbers of eighths. */
function putEighths (q: Uint8Array, at: number, entry: number, down: boolean): void {
  for (let index = 0; index < 8; index++) {
    q[at + index] = ZERO + 8 * (iq1()[entry * 8 + index] ?? 0) + (down ? -1 : 1)
  }
}

export const iq1sBlock: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at)
  for (let run = 0; run < 8; run++) {
    const high = u16(bytes, at + 34 + run * 2)
    scales[s + run] = d * (2 * (high >>> 12 & 7) + 1) / 8
    for (let part = 0; part < 4; part++) {
      putEighths(q, run * 32 + part * 8, (bytes[at + 2 + run * 4 + part] ?? 0) | (high >>> (3 * part) & 7) << 8, high >= 0x8000)
    }
  }
}

/** Its scale's four nibbles are the highest ones of four 16-bit numbers. */
export const iq1mBlock: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const packed = [0, 1, 2, 3].map((index) => u16(bytes, at + 48 + index * 2))
  const scale = packed.reduce((bits, value, index) => bits | (value >>> 12) << (4 * index), 0)
  const d = half(Uint8Array.of(scale & 255, scale >>> 8), 0)
  for (let part = 0; part < 32; part++) {
    const high = nibble(bytes, at + 32, part)
    putEighths(q, part * 8, (bytes[at + part] ?? 0) | (high & 7) << 8, high >= 8)
    const run = part >>> 1
    scales[s + run] = d * (2 * ((packed[run >>> 2] ?? 0) >>> (3 * (run & 3)) & 7) + 1) / 8
  }
}
