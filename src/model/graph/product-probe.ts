import { graphBuilder } from './builder.ts'
import { fastProduct } from './span-weights.ts'

/** Blocks of 32 numbers: enough for an order of sums to show. */
const [K, N, BLOCK] = [512, 64, 32]

export interface ProductProbe {
  readonly model: Uint8Array
  readonly input: string
  readonly output: string
  /** Numbers in a row that goes in, and in one that comes out. */
  readonly features: readonly [input: number, output: number]
}

/** A product of rows with a matrix of 4 bits as `fast` makes it, to ask a device whether a row's bits depend on the rows beside it. */
export function productProbe (): ProductProbe {
  const graph = graphBuilder('product')
  const [input, output] = ['input', 'output']
  const blocks = K / BLOCK
  // any numbers that are not round
  const data = graph.constant('data', 'u8', [N, blocks, BLOCK / 2], () => Uint8Array.from({ length: N * K / 2 }, (_, index) => index * 167 % 251))
  const scales = graph.constant('scales', 'f32', [N, blocks], () => new Uint8Array(Float32Array.from({ length: N * blocks }, (_, index) => (1 + index % 13) / 97).buffer))
  fastProduct(graph, graph.input(input, 'f32', [1, 'rows', K]), data, scales, { k: K, n: N, bits: 4, block: BLOCK }, output)
  graph.output(output, 'f32', [1, 'rows', N])
  return { model: graph.finish().model, input, output, features: [K, N] }
}
