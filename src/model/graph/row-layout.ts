import { int64Bytes, type GraphBuilder } from './builder.ts'

/**
 * How rows lie where they are multiplied. Most kernels give a row the same bits whatever lies beside it; where those for one row alone do not
 * (`Device.pairsRows`), no row is multiplied alone.
 */
export interface RowLayout {
  /** `[batch, rows, features]` as it is multiplied. */
  together (x: string, features: number): string
  /** What was made of that, as `[batch, rows, features]` again. */
  apart (y: string, features: number): string
  /** Indices of rows that are gathered, `[n]`, and multiplied by themselves. */
  gathered (indices: string): string
  /** The n rows of those that count: `[1, n, features]`. */
  counted (y: string): string
}

/** Rows lie as they came. */
export const asTheyCame: RowLayout = { together: (x) => x, apart: (y) => y, gathered: (indices) => indices, counted: (y) => y }

/** Of `[1, rows, features]`, and of indices. */
const [ROWS, INDICES] = [1, 0]

/**
 * One row has itself for company, `[1, 2, features]`; several lie side by side, `[1, batch · rows, features]`, and none stay none.
 * @param like `[batch, rows, …]`: has the rows in question
 */
export function inPairs (graph: GraphBuilder, like: string): RowLayout {
  const number = (value: number): string => graph.constant(`number.${value}`, 'i64', [1], () => int64Bytes(value))
  const slice = (value: string, from: number, to: string, axis: number): string => graph.node('Slice', [value, number(from), to, number(axis)])
  // [batch, rows], and their product
  const sizes = slice(graph.node('Shape', [like]), 0, number(2), 0)
  const count = graph.node('ReduceProd', [sizes], { keepdims: 1 })
  /** 1 where there is one row. */
  const missing = graph.node('Cast', [graph.node('Equal', [count, number(1)])], { to: 7 })

  return {
    together: (x, features) => {
      const flat = graph.node('Reshape', [x, graph.constant(`flat.${features}`, 'i64', [3], () => int64Bytes(1, -1, features))])
      return graph.node('Concat', [flat, slice(flat, 0, missing, ROWS)], { axis: ROWS })
    },
    apart: (y, features) => graph.node('Reshape', [slice(y, 0, count, ROWS), graph.node('Concat', [sizes, number(features)], { axis: 0 })]),
    // How many there are is not known before the run: the first one comes once more, if there is one. The weights are read for the others anyway.
    gathered: (indices) => graph.node('Concat', [indices, slice(indices, 0, number(1), INDICES)], { axis: INDICES }),
    counted: (y) => slice(y, 0, number(-1), ROWS)
  }
}
