import { graphBuilder } from './builder.ts'
import { fromKv, toKv } from './layer-parts.ts'
import { graphNames } from './span-graph.ts'
import type { KvType } from '../types.ts'

/** Of the one head, and the positions of its KV. */
const HEAD_DIM = 64
const CAPACITY = 8

export interface AttentionProbe {
  readonly model: Uint8Array
  /** Of input `hidden`: query, key and value packed. */
  readonly shape: readonly [batch: number, rows: number, features: number]
  /** Of the KV: `past.0.key` and so on. */
  readonly kvShape: readonly [batch: number, heads: number, capacity: number, headDim: number]
}

/** The smallest graph with attention over KV of a type, to ask a device whether it has it: a first row attends to itself, so the output is its value. */
export function attentionProbe (kvType: KvType): AttentionProbe {
  const graph = graphBuilder('attention')
  const [shape, kvShape] = [[1, 1, 3 * HEAD_DIM], [1, 1, CAPACITY, HEAD_DIM]] as const
  const [key, value] = [graphNames.kv(0, 'key'), graphNames.kv(0, 'value')]
  const packed = toKv(graph, graph.input(graphNames.hidden, 'f32', shape), kvType)
  const past = [key, value].map((side) => graph.input(side.past, kvType, kvShape))
  const lengths = [graph.input(graphNames.seqlens, 'i32', [1]), graph.input(graphNames.totalLength, 'i32', [])]
  graph.nodes('GroupQueryAttention', [packed, '', '', ...past, ...lengths], ['attended', key.present, value.present], { num_heads: 1, kv_num_heads: 1 })
  graph.node('Identity', [fromKv(graph, 'attended', kvType)], {}, graphNames.output)
  for (const side of [key, value]) {
    graph.output(side.present, kvType, kvShape)
  }
  graph.output(graphNames.output, 'f32', [1, 1, HEAD_DIM])
  return { model: graph.finish().model, shape, kvShape }
}
