import { FormatError } from '../errors.ts'
import type { BlobRange } from '../types.ts'

/** A tensor as its file has it. */
export interface SourceTensor {
  readonly name: string
  /** The file's own word: `F32`, `BF16`, `Q4_K`, … */
  readonly type: string
  /** Row-major, outermost first. */
  readonly shape: readonly number[]
  /** Bytes of one row (of the innermost dimension). */
  readonly rowBytes: number
}

/** Tensors by name, whatever file they come from. */
export interface TensorSource {
  names (): IterableIterator<string>
  info (name: string): SourceTensor | undefined
  /** Raw bytes of `count` rows from row `first`, where all dimensions but the innermost count as rows. */
  rows (name: string, first: number, count: number): Promise<Uint8Array>
}

/** A tensor and where its bytes lie in the data section of its file. */
export interface LocatedTensor extends SourceTensor {
  readonly offset: number
  readonly bytes: number
}

/** Where rows `[first, first + count)` of a tensor lie. @throws {FormatError} when it has no such rows */
export function rowRange (tensors: ReadonlyMap<string, LocatedTensor>, name: string, first: number, count: number): BlobRange {
  const tensor = tensors.get(name)
  if (tensor == null) {
    throw new FormatError(`there is no tensor ${name} in the file`)
  }
  const start = first * tensor.rowBytes
  const length = count * tensor.rowBytes
  if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 0 || start + length > tensor.bytes) {
    throw new FormatError(`tensor ${name} of shape [${tensor.shape.join(', ')}] has no ${count} rows from row ${first}`)
  }
  return { offset: tensor.offset + start, length }
}

/** Product of a shape's sizes. Infinity rather than a wrong number where it is beyond 2^53. */
export function elementsOf (shape: readonly number[]): number {
  const product = shape.reduce((elements, size) => elements * size, 1)
  return Number.isSafeInteger(product) ? product : Infinity
}
