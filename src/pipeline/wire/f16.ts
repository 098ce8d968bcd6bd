/**
 * float16 with one power of two a row: i16 exponents of all rows, then the rows. value = half · 2^exponent.
 *
 * The exponent brings the row's largest magnitude into [2^14, 2^15), so that activations far beyond float16's 65,504
 * travel, and small rows use its whole range. A row of zeros has exponent 0.
 */
import { NonFiniteError, type WireCodec } from './types.ts'
import { asUint16, f16ToF32, f32ToF16 } from '../../model/index.ts'

/** float32's smallest subnormal is 2^-149, and values from 2^127 up are refused. */
const MIN_EXPONENT = -163
const MAX_EXPONENT = 112
/** Bits of 2^127. */
const TOO_LARGE = 0x7f000000
/** Bits of float32's smallest normal number, and of float16's as float32; and what their exponents differ by. */
const MIN_NORMAL = 0x00800000
const MIN_NORMAL_HALF = 0x38800000
const HALF_BIAS = 0x38000000
/** 2^15 as float16: what a largest magnitude just below 2^15 may round to. */
const MAX_HALF = 0x7800

export const f16Wire: WireCodec = {
  bytes: (rows, hiddenSize) => rows * 2 + rows * hiddenSize * 2,

  encode (source, rows, hiddenSize, target) {
    const bits = new Uint32Array(source.buffer, source.byteOffset, rows * hiddenSize)
    const exponents = new Int16Array(target.buffer, target.byteOffset, rows)
    const halves = new Uint16Array(target.buffer, target.byteOffset + rows * 2, rows * hiddenSize)
    for (let row = 0; row < rows; row++) {
      const start = row * hiddenSize
      const end = start + hiddenSize
      let largest = 0
      for (let index = start; index < end; index++) {
        const magnitude = (bits[index] ?? 0) & 0x7fffffff
        if (magnitude > largest) largest = magnitude
      }
      if (largest >= TOO_LARGE) throw new NonFiniteError(row)
      const exponent = largest === 0 ? 0 : floorLog2(largest) - 14
      exponents[row] = exponent
      const scale = 2 ** -exponent
      const shift = exponent << 23
      for (let index = start; index < end; index++) {
        const value = bits[index] ?? 0
        const magnitude = value & 0x7fffffff
        const scaled = magnitude - shift
        // normal before and as a half: scaling is a subtraction of exponents, rounding to even an addition of bits
        halves[index] = magnitude >= MIN_NORMAL && scaled >= MIN_NORMAL_HALF
          ? ((value >>> 16) & 0x8000) | ((scaled - HALF_BIAS + 0xfff + ((scaled >>> 13) & 1)) >>> 13)
          : f32ToF16((source[index] ?? 0) * scale)
      }
    }
  },

  decode (payload, rows, hiddenSize, target) {
    const words = asUint16(payload)
    for (let row = 0; row < rows; row++) {
      const exponent = ((words[row] ?? 0) << 16) >> 16
      if (exponent < MIN_EXPONENT || exponent > MAX_EXPONENT) throw new NonFiniteError(row)
      const scale = 2 ** exponent
      const from = row * hiddenSize
      let largest = 0
      for (let index = from; index < from + hiddenSize; index++) {
        const half = words[rows + index] ?? 0
        largest = Math.max(largest, half & 0x7fff)
        target[index] = f16ToF32(half) * scale
      }
      if (largest > MAX_HALF) throw new NonFiniteError(row)
    }
  }
}

/** Of the magnitude whose float32 bits these are, not zero. */
function floorLog2 (magnitude: number): number {
  return magnitude >= 0x00800000 ? (magnitude >>> 23) - 127 : -118 - Math.clz32(magnitude)
}
