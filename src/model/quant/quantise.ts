import { packNibbles, type PackedRows } from './container.ts'
import { FormatError } from '../errors.ts'
import type { Container } from './block-types.ts'

/** What `--quant int4` and `--quant int8` make: symmetric, blocks of 32, no minimum. */
export const int4Container: Container = { bits: 4, block: 32, hasMinimum: false }
export const int8Container: Container = { bits: 8, block: 32, hasMinimum: false }

/**
 * Rounds rows `[rows, columns]` to integers with one scale a block. The value of largest magnitude in a block (the first of equals)
 * becomes the most negative integer, so its sign decides the scale's: as many steps as the bits have are used, one more than with a
 * symmetric range. The others go to the nearest step, ties up; the side opposite to the largest value ends one step early. Only float64
 * arithmetic, rounded to float32 once: the same on every machine.
 * @throws {FormatError} for a value that is not finite
 */
export function quantiseRows (values: Float32Array, rows: number, columns: number, { bits, block }: Container): PackedRows {
  if (columns % block !== 0 || values.length !== rows * columns) {
    throw new RangeError(`${values.length} values are not ${rows} rows of ${columns} in blocks of ${block}`)
  }
  const zero = 2 ** (bits - 1)
  const blocks = values.length / block
  const bytesEach = block * bits / 8
  const data = new Uint8Array(blocks * bytesEach)
  const scales = new Float32Array(blocks)
  const q = new Uint8Array(block)
  for (let index = 0; index < blocks; index++) {
    const start = index * block
    // no minus zero, which a block of zeros would give
    const scale = Math.fround(largestOf(values, start, block) / -zero) || 0
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

function largestOf (values: Float32Array, start: number, length: number): number {
  let largest = 0
  for (let index = start; index < start + length; index++) {
    const value = values[index] ?? 0
    if (!(Math.abs(value) < Infinity)) {
      throw new FormatError('a weight is not a finite number')
    }
    if (Math.abs(value) > Math.abs(largest)) {
      largest = value
    }
  }
  return largest
}
