import { FormatError } from '../errors.ts'
import type { BlockType, Container } from './block-types.ts'

/** Rows of a matrix `[rows, K]` in a container's layout, not transposed. */
export interface PackedRows {
  /** `[rows, K / block, block · bits / 8]` */
  readonly data: Uint8Array
  /** `[rows, K / block]` */
  readonly scales: Float32Array
  /** `[rows, K / block]`, where the container has one. */
  readonly minimums?: Float32Array
}

/** Two values a byte, the first in the low nibble. `q` has an even number of values below 16. */
export function packNibbles (q: Uint8Array, target: Uint8Array, at: number): void {
  for (let index = 0; index < q.length; index += 2) {
    target[at + (index >>> 1)] = (q[index] ?? 0) | (q[index + 1] ?? 0) << 4
  }
}

/**
 * Moves rows of a GGML block type into its container: integers as they are, scales widened, nothing rounded but the last bit of a
 * minimum. Takes memory for these rows only. @throws {FormatError} for a scale or minimum that is not finite
 */
export function packRows (type: BlockType, bytes: Uint8Array, rows: number, columns: number): PackedRows {
  if (type.blocks == null) {
    throw new TypeError(`${type.name} has no blocks`)
  }
  if (columns % type.elements !== 0 || bytes.byteLength !== rows * columns / type.elements * type.bytes) {
    throw new RangeError(`${bytes.byteLength} bytes are not ${rows} rows of ${columns} values in ${type.name}`)
  }
  const { container, unpack } = type.blocks
  const blocks = rows * columns / type.elements
  const runs = type.elements / container.block
  const bytesEach = type.elements * container.bits / 8
  const data = new Uint8Array(blocks * bytesEach)
  const scales = new Float32Array(blocks * runs)
  const minimums = new Float32Array(container.hasMinimum ? blocks * runs : 0)
  const q = new Uint8Array(type.elements)
  for (let index = 0; index < blocks; index++) {
    unpack(bytes, index * type.bytes, q, scales, minimums, index * runs)
    if (container.bits === 4) {
      packNibbles(q, data, index * bytesEach)
    } else {
      data.set(q, index * bytesEach)
    }
  }
  if (!allFinite(scales) || !allFinite(minimums)) {
    throw new FormatError(`a ${type.name} block has a scale or minimum that is not a finite number`)
  }
  return container.hasMinimum ? { data, scales, minimums } : { data, scales }
}

function allFinite (values: Float32Array): boolean {
  for (const value of values) {
    if (!Number.isFinite(value)) {
      return false
    }
  }
  return true
}

/**
 * Values of rows in a container: scale · (q − 2^(bits − 1)) + minimum.
 * @param minimums with `[row, run]` at `row · minimumRow + run · minimumRun`: blobs keep them transposed
 * @param out float32 `[rows, columns]`
 */
export function dequantiseRows (
  { bits, block }: Pick<Container, 'bits' | 'block'>,
  rows: number,
  columns: number,
  packed: { readonly data: Uint8Array, readonly scales: Float32Array, readonly minimums?: Float32Array | undefined },
  out: Float32Array,
  strides: { readonly minimumRow: number, readonly minimumRun: number } = { minimumRow: columns / block, minimumRun: 1 }
): void {
  const { data, scales, minimums } = packed
  const runs = columns / block
  let target = 0
  let source = 0
  for (let row = 0; row < rows; row++) {
    for (let run = 0; run < runs; run++) {
      const scale = scales[row * runs + run] ?? NaN
      const minimum = minimums == null ? 0 : minimums[row * strides.minimumRow + run * strides.minimumRun] ?? NaN
      if (bits === 4) {
        for (let index = 0; index < block; index += 2) {
          const byte = data[source++] ?? 0
          out[target++] = scale * ((byte & 15) - 8) + minimum
          out[target++] = scale * ((byte >>> 4) - 8) + minimum
        }
      } else {
        for (let index = 0; index < block; index++) {
          out[target++] = scale * ((data[source++] ?? 0) - 128) + minimum
        }
      }
    }
  }
}
