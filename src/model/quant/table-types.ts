import { half, type UnpackBlock } from './unpack-block.ts'

/** Zero of the containers with 8 bits, and with 4. */
const [ZERO, ZERO_4] = [128, 8]

/** IQ4's sixteen values. */
const IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]
/** E2M1, doubled. */
const FP4 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

/** Values of `count` bytes: low nibbles first, then high ones. */
function lookUp (table: readonly number[], bytes: Uint8Array, at: number, count: number, q: Uint8Array, to: number): void {
  for (let index = 0; index < count; index++) {
    const byte = bytes[at + index] ?? 0
    q[to + index] = ZERO + (table[byte & 15] ?? 0)
    q[to + count + index] = ZERO + (table[byte >>> 4] ?? 0)
  }
}

export const iq4nl: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  scales[s] = half(bytes, at)
  lookUp(IQ4, bytes, at + 2, 16, q, 0)
}

export const iq4xs: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at)
  const high = (bytes[at + 2] ?? 0) | (bytes[at + 3] ?? 0) << 8
  for (let run = 0; run < 8; run++) {
    const low = (bytes[at + 4 + (run >>> 1)] ?? 0) >>> ((run & 1) * 4) & 15
    scales[s + run] = d * ((low | (high >>> (2 * run) & 3) << 4) - 32)
    lookUp(IQ4, bytes, at + 8 + run * 16, 16, q, run * 32)
  }
}

/** The scale is a power of two; half of it, since the values are doubled. */
export const mxfp4: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  scales[s] = 2 ** ((bytes[at] ?? 0) - 128)
  lookUp(FP4, bytes, at + 1, 16, q, 0)
}

/** Scales are unsigned E4M3; halves of them, since the values are doubled. */
export const nvfp4: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  for (let run = 0; run < 4; run++) {
    const code = bytes[at + run] ?? 0
    const [exponent, mantissa] = [code >>> 3 & 15, code & 7]
    const scale = exponent === 0 ? mantissa * 2 ** -9 : (1 + mantissa / 8) * 2 ** (exponent - 7)
    scales[s + run] = code === 0x7f ? 0 : scale / 2
    lookUp(FP4, bytes, at + 4 + run * 8, 8, q, run * 16)
  }
}

/** Four values of two bits a byte. */
export const tq20: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  scales.fill(half(bytes, at + 64), s, s + 8)
  for (let index = 0; index < 256; index++) {
    q[index] = ZERO_4 - 1 + ((bytes[at + (index >>> 7) * 32 + (index & 31)] ?? 0) >>> (2 * (index >>> 5 & 3)) & 3)
  }
}

const POWERS = [1, 3, 9, 27, 81]

/** Five values of base three a byte, as a fraction of 256; of the last four bytes, four. */
export const tq10: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  scales.fill(half(bytes, at + 52), s, s + 8)
  let to = 0
  for (const [from, count, digits] of [[0, 32, 5], [32, 16, 5], [48, 4, 4]] as const) {
    for (let digit = 0; digit < digits; digit++) {
      for (let index = 0; index < count; index++) {
        const rest = (bytes[at + from + index] ?? 0) * (POWERS[digit] ?? 0) & 255
        q[to++] = ZERO_4 - 1 + (rest * 3 >>> 8)
      }
    }
  }
}
