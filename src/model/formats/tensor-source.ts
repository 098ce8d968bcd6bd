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

/** Product of a shape's sizes. Infinity rather than a wrong number where it is beyond 2^53. */
export function elementsOf (shape: readonly number[]): number {
  const product = shape.reduce((elements, size) => elements * size, 1)
  return Number.isSafeInteger(product) ? product : Infinity
}
