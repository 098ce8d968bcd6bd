import { packNibbles, type PackedRows } from './container.ts'
import type { Container } from './block-types.ts'

/** What `--quant int4` and `--quant int8` make: symmetric, blocks of 32, no minimum. */
export const int4Container: Container = { bits: 4, block: 32, hasMinimum: false }
export const int8Container: Container = { bits: 8, block: 32, hasMinimum: false }

/**
 * Rounds rows `[rows, columns]` to integers with one scale a block. The value of largest magnitude in a block becomes the most
 * negative integer exactly (so its sign decides the scale's), the others the nearest; ties go up. Only float64 arithmetic
 * rounded to float32 once: the same on every machine.
 */
export function quantiseRows (values: Float32Array, rows: number, columns: number, { bits, block }: Container): PackedRows {
  const zero = 2 ** (bits - 1)
  const blocks = rows * columns / block
  const bytesEach = block * bits / 8
  const data = new Uint8Array(blocks * bytesEach)
  const scales = new Float32Array(blocks)
  const q = new Uint8Array(block)
  for (let index = 0; index < blocks; index++) {
    const start = index * block
    let largest = 0
    for (let offset = 0; offset < block; offset++) {
      const value = values[start + offset] ?? 0
      if (Math.abs(value) > Math.abs(largest)) {
        largest = value
      }
    }
    const scale = Math.fround(largest / -zero)
    scales[index] = scale
    for (let offset = 0; offset < block; offset++) {
      const steps = scale === 0 ? 0 : Math.floor((values[start + offset] ?? 0) / scale + 0.5)
      q[offset] = Math.min(2 * zero - 1, Math.max(0, steps + zero))
    }
    if (bits === 4) {
      packNibbles(q, data, index * bytesEach)
    } else {
      data.set(q, index * bytesEach)
    }
  }
  return { data, scales }
}
