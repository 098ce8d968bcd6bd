/**
 * GGML's "K" blocks: 256 values in runs of 16 or 32, each run with a small integer scale (and minimum) times the block's own
 * float16. d · sub-scale is exact in float32 (11 + 6 bits).
 */
import { half, type UnpackBlock } from './unpack-block.ts'

export const q2k: UnpackBlock = (bytes, at, q, scales, minimums, s) => {
  const d = half(bytes, at + 80)
  const dMinimum = half(bytes, at + 82)
  for (let run = 0; run < 16; run++) {
    const packed = bytes[at + run] ?? 0
    scales[s + run] = d * (packed & 15)
    minimums[s + run] = -dMinimum * (packed >>> 4)
    // runs 0 to 7 share the first 32 bytes, two runs a pair of bits
    const low = at + 16 + (run >>> 3) * 32 + (run & 1) * 16
    const shift = (run >>> 1 & 3) * 2
    for (let index = 0; index < 16; index++) {
      q[run * 16 + index] = ((bytes[low + index] ?? 0) >>> shift & 3) + 8
    }
  }
}

export const q3k: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at + 108)
  for (let run = 0; run < 16; run++) {
    const low = (bytes[at + 96 + (run & 7)] ?? 0) >>> (run < 8 ? 0 : 4) & 15
    const high = (bytes[at + 104 + (run & 3)] ?? 0) >>> ((run >>> 2) * 2) & 3
    scales[s + run] = d * ((low | high << 4) - 32)
    const quants = at + 32 + (run >>> 3) * 32 + (run & 1) * 16
    const shift = (run >>> 1 & 3) * 2
    const mask = at + (run & 1) * 16
    const bit = run >>> 1
    for (let index = 0; index < 16; index++) {
      const top = (bytes[mask + index] ?? 0) >>> bit & 1
      q[run * 16 + index] = ((bytes[quants + index] ?? 0) >>> shift & 3) + (top === 1 ? 8 : 4)
    }
  }
}

/** Six-bit scale and minimum of run 0 to 7, packed into 12 bytes. */
function scaleOf (bytes: Uint8Array, at: number, run: number): number {
  return run < 4
    ? (bytes[at + run] ?? 0) & 63
    : ((bytes[at + run + 4] ?? 0) & 15) | ((bytes[at + run - 4] ?? 0) >>> 6) << 4
}

function minimumOf (bytes: Uint8Array, at: number, run: number): number {
  return run < 4
    ? (bytes[at + run + 4] ?? 0) & 63
    : ((bytes[at + run + 4] ?? 0) >>> 4) | ((bytes[at + run] ?? 0) >>> 6) << 4
}

export const q4k: UnpackBlock = (bytes, at, q, scales, minimums, s) => {
  const d = half(bytes, at)
  const dMinimum = half(bytes, at + 2)
  for (let run = 0; run < 8; run++) {
    const scale = d * scaleOf(bytes, at + 4, run)
    scales[s + run] = scale
    minimums[s + run] = 8 * scale - dMinimum * minimumOf(bytes, at + 4, run)
    const low = at + 16 + (run >>> 1) * 32
    const shift = (run & 1) * 4
    for (let index = 0; index < 32; index++) {
      q[run * 32 + index] = (bytes[low + index] ?? 0) >>> shift & 15
    }
  }
}

export const q5k: UnpackBlock = (bytes, at, q, scales, minimums, s) => {
  const d = half(bytes, at)
  const dMinimum = half(bytes, at + 2)
  for (let run = 0; run < 8; run++) {
    scales[s + run] = d * scaleOf(bytes, at + 4, run)
    minimums[s + run] = -dMinimum * minimumOf(bytes, at + 4, run)
    const low = at + 48 + (run >>> 1) * 32
    const shift = (run & 1) * 4
    for (let index = 0; index < 32; index++) {
      const top = (bytes[at + 16 + index] ?? 0) >>> run & 1
      q[run * 32 + index] = ((bytes[low + index] ?? 0) >>> shift & 15) + (top << 4) + 128
    }
  }
}

export const q6k: UnpackBlock = (bytes, at, q, scales, _minimums, s) => {
  const d = half(bytes, at + 208)
  for (let run = 0; run < 16; run++) {
    scales[s + run] = d * ((bytes[at + 192 + run] ?? 0) << 24 >> 24)
  }
  for (let index = 0; index < 256; index++) {
    const part = index >>> 7
    const quarter = index >>> 5 & 3
    const column = index & 31
    const low = (bytes[at + part * 64 + (quarter & 1) * 32 + column] ?? 0) >>> (quarter < 2 ? 0 : 4) & 15
    const high = (bytes[at + 128 + part * 32 + column] ?? 0) >>> (quarter * 2) & 3
    q[index] = (low | high << 4) + 96
  }
}
