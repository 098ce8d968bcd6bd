import { FormatError } from '../errors.ts'
import type { ElementType, GraphBuilder } from './builder.ts'
import type { BlockTensor, Compute, DenseTensor, Part } from '../types.ts'

/** Where the graph will run: some operators exist on some devices only. */
export type GraphDevice = 'cpu' | 'webgpu' | 'cuda'

/** Products and other uses of one part's tensors in a graph. */
export interface Weights {
  has (tensor: string): boolean
  /** A vector or table as it lies in the blob. */
  vector (tensor: string): string
  /** y = x · Wᵀ for a matrix `[N, K]`; x is `[…, K]`. */
  product (tensor: string, x: string): string
}

export interface WeightsInit {
  readonly graph: GraphBuilder
  readonly compute: Compute
  readonly device: GraphDevice
}

const MINIMUM_AXES = 3

/** @param prefix of the names in the graph: parts have tensors of the same names */
export function weights ({ graph, compute, device }: WeightsInit, part: Part, prefix: string, sums: BlockSums): Weights {
  const entry = (tensor: string): DenseTensor | BlockTensor => {
    const found = part.tensors.find(({ name }) => name === tensor)
    if (found == null) {
      throw new FormatError(`the part ${prefix} has no tensor ${tensor}`)
    }
    return found
  }
  const external = (name: string, type: ElementType, shape: readonly number[], range: DenseTensor['data']): string =>
    graph.external(`${prefix}.${name}`, type, shape, part.cid, range)

  /** x · Wᵀ with W float32 `[N, K]`. */
  const multiply = (x: string, matrix: string): string => device === 'webgpu'
    ? graph.node('MatMul', [x, graph.node('Transpose', [matrix], { perm: [1, 0] })])
    : graph.node('FusedMatMul', [x, matrix], { transB: 1 })

  const dense = ({ name, dtype, shape, data }: DenseTensor, x: string): string => {
    const stored = external(name, dtype, shape, data)
    return multiply(x, dtype === 'f32' ? stored : graph.node('Cast', [stored], { to: 1 }))
  }

  const blocks = ({ name, bits, block, shape: [n, k], data, scales, minimums }: BlockTensor, x: string): string => {
    const runs = k / block
    const scale = external(`${name}.scales`, 'f32', [n, runs], scales)
    const y = compute === 'fast'
      ? fastProduct(graph, x, external(name, 'u8', [n, runs, block * bits / 8], data), scale, { k, n, bits, block })
      : multiply(x, graph.node('DequantizeLinear', [
          external(name, bits === 4 ? 'u4' : 'u8', [n, k], data),
          scale,
          zeroPoints(graph, bits, n, runs)
        ], { axis: 1, block_size: block }))
    if (minimums == null) {
      return y
    }
    // w = scale · q + minimum, so y = x · (scale · q) + (sum of x over each block) · minimum
    const correction = graph.node('MatMul', [sums(x, runs, block), external(`${name}.minimums`, 'f32', [runs, n], minimums)])
    return graph.node('Add', [y, correction])
  }

  return {
    has: (tensor) => part.tensors.some(({ name }) => name === tensor),
    vector: (tensor) => {
      const { name, shape, data } = entry(tensor)
      return external(name, 'f32', shape, data)
    },
    product: (tensor, x) => {
      const found = entry(tensor)
      const y = found.kind === 'dense' ? dense(found, x) : blocks(found, x)
      const bias = `${tensor}Bias`
      return part.tensors.some(({ name }) => name === bias)
        ? graph.node('Add', [y, external(bias, 'f32', entry(bias).shape, entry(bias).data)])
        : y
    }
  }
}

interface BlockShape {
  readonly k: number
  readonly n: number
  readonly bits: number
  /** Values that share a scale. */
  readonly block: number
}

/** x · Wᵀ with the values of `[…, K]` rounded to 8 bits, and W `[N, K]` in blocks. */
export const fastProduct = (graph: GraphBuilder, x: string, data: string, scales: string, { k, n, bits, block }: BlockShape, output?: string): string =>
  graph.node('MatMulNBits', [x, data, scales], { K: k, N: n, bits, block_size: block, accuracy_level: 4 }, output)

/** Sums of x over each run of `block` values: `[…, runs]`. */
export type BlockSums = (x: string, runs: number, block: number) => string

/** Sums are made once for each value, however many matrices multiply it. */
export function blockSums (graph: GraphBuilder): BlockSums {
  const made = new Map<string, string>()
  return (x, runs, block) => {
    const key = `${x}/${block}`
    const known = made.get(key)
    if (known != null) {
      return known
    }
    const shape = graph.constant(`blocks.${runs}.${block}`, 'i64', [4], () => new Uint8Array(BigInt64Array.of(0n, 0n, BigInt(runs), BigInt(block)).buffer))
    const axis = graph.constant('blocks.axis', 'i64', [1], () => new Uint8Array(BigInt64Array.of(BigInt(MINIMUM_AXES)).buffer))
    const sum = graph.node('ReduceSum', [graph.node('Reshape', [x, shape]), axis], { keepdims: 0 })
    made.set(key, sum)
    return sum
  }
}

/** The container's fixed zero point for every block of a matrix. Read at load only, when the matrix is unpacked. */
function zeroPoints (graph: GraphBuilder, bits: 4 | 8, n: number, runs: number): string {
  const type: ElementType = bits === 4 ? 'u4' : 'u8'
  const bytes = bits === 4 ? Math.ceil(n * runs / 2) : n * runs
  return graph.constant(`zero.${type}.${n}.${runs}`, type, [n, runs], () => new Uint8Array(bytes).fill(bits === 4 ? 0x88 : 0x80))
}
