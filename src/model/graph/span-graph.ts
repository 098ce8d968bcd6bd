import { graphBuilder, type GraphBuilder, type InMemoryValue } from './builder.ts'
import { layer } from './layer.ts'
import { norm, times, toKv, type LayerContext } from './layer-parts.ts'
import { asTheyCame, inPairs, type RowLayout } from './row-layout.ts'
import { ropeCaches, ropeVariants, type RopeCaches } from './rope.ts'
import { blockSums, weights, type GraphDevice } from './span-weights.ts'
import { spanParts } from '../manifest.ts'
import type { Compute, KvType, Manifest, ModelConfig, RopeConfig, Span } from '../types.ts'

export interface SpanGraphOptions {
  readonly compute: Compute
  readonly device: GraphDevice
  /** Of the KV's values, which attention then computes in too. */
  readonly kvType: KvType
  /** No row is multiplied alone, where that makes a difference: see `RowLayout`. */
  readonly pairsRows: boolean
  /** Positions that the rotation covers. */
  readonly contextLength: number
}

/** Names in a span's graph. KV of layer i of the model: `past.i.key`, `past.i.value`, and `present.…`. */
export const graphNames = {
  /** float32 `[batch, rows, H]` */
  hidden: 'hidden',
  /** int32 `[batch]`: the last position of each sequence after the run. */
  seqlens: 'seqlens',
  /** int32 scalar: the longest sequence after the run. */
  totalLength: 'totalLength',
  /** int64 `[1]`, on a span that ends the model: the first row that is scored. */
  scoreStart: 'scoreStart',
  /** int64 `[1]`, on a span that ends the model: the first of the scored rows that needs logits; −1: only the last. */
  headStart: 'headStart',
  /** float32 `[batch, rows, H]`, or on a span that ends the model `[batch, headed, vocabulary]`. */
  output: 'output',
  /** float32 `[batch, scored, H]`, on a span that ends the model: hidden states behind its last norm. */
  normed: 'normed',
  /** Of the KV's type, `[contextLength, pairs]`, of models whose rotation has variants: those of the run's sessions. */
  ropeCos: 'rope.cos',
  ropeSin: 'rope.sin',
  kv: (layerIndex: number, side: 'key' | 'value'): { past: string, present: string } =>
    ({ past: `past.${layerIndex}.${side}`, present: `present.${layerIndex}.${side}` })
} as const

export interface SpanGraph {
  /** A serialized ONNX model. Its weights are in files named by the parts' CIDs. */
  readonly model: Uint8Array
  /** Constants to hand over beside the model. */
  readonly values: ReadonlyMap<string, InMemoryValue>
  /** What `ropeCos` and `ropeSin` are bound to, by variant; empty where the graph has the one there is in itself. */
  readonly rope: ReadonlyArray<RopeCaches & { readonly shape: readonly [positions: number, pairs: number] }>
}

/**
 * The graph of layers `[start, end)`. A layer's output is the same value whether the next layer follows in this graph or in
 * another node's: what is computed does not depend on the split.
 */
export function spanGraph (manifest: Manifest, span: Span, options: SpanGraphOptions): SpanGraph {
  const { config } = manifest
  const graph = graphBuilder(`layers ${span.start} to ${span.end}`)
  const init = { graph, compute: options.compute, device: options.device }
  const sums = blockSums(graph)
  const hidden = graph.input(graphNames.hidden, 'f32', ['batch', 'rows', config.hiddenSize])
  // 8 bits and floating point keep their bits
  const pairs = options.pairsRows && options.compute === 'fast' && spanParts(manifest, span).some(({ tensors }) => tensors.some((tensor) => tensor.kind === 'blocks' && tensor.bits === 4))
  const layout = (like: string): RowLayout => pairs ? inPairs(graph, like) : asTheyCame
  const rows = layout(hidden)
  const shared = {
    graph,
    config,
    rows,
    seqlens: graph.input(graphNames.seqlens, 'i32', ['batch']),
    totalLength: graph.input(graphNames.totalLength, 'i32', [])
  }
  const ropeOf = layerRopes(graph, config, options)
  let x = rows.together(hidden, config.hiddenSize)
  const kvShape = ['batch', config.kvHeadCount, 'capacity', config.headDim]
  manifest.layers.slice(span.start, span.end).forEach((part, offset) => {
    const index = span.start + offset
    const key = graphNames.kv(index, 'key')
    const value = graphNames.kv(index, 'value')
    const kv = { type: options.kvType, pastKey: key.past, pastValue: value.past, presentKey: key.present, presentValue: value.present }
    for (const side of [key, value]) {
      graph.input(side.past, options.kvType, kvShape)
      graph.output(side.present, options.kvType, kvShape)
    }
    const slidingWindow = config.slidingWindow[index] ?? 0
    x = layer({ ...shared, kv, slidingWindow, rope: ropeOf(index, slidingWindow) }, weights(init, part, `layer${index}`, sums), x)
  })
  x = rows.apart(x, config.hiddenSize)
  if (span.end === config.layerCount) {
    const start = graph.input(graphNames.scoreStart, 'i64', [1])
    const end = graph.constant('score.end', 'i64', [1], () => new Uint8Array(BigInt64Array.of(2n ** 62n).buffer))
    const axis = graph.constant('score.axis', 'i64', [1], () => new Uint8Array(BigInt64Array.of(1n).buffer))
    const scored = graph.node('Slice', [x, start, end, axis])
    const head = weights(init, manifest.head, 'head', sums)
    const normed = norm(graph, scored, head.vector('norm'), config.normEpsilon, graphNames.normed)
    // the head may be the model's largest product by far: whoever wants hidden states alone pays for one row of it
    const headed = graph.node('Slice', [normed, graph.input(graphNames.headStart, 'i64', [1]), end, axis])
    const headedRows = layout(headed)
    const together = headedRows.together(headed, config.hiddenSize)
    const logits = headedRows.apart(config.tiedEmbedding
      ? weights(init, manifest.embedding, 'embedding', sums).product('embedding', together)
      : head.product('head', together), config.vocabSize)
    x = softcap(graph, times(graph, logits, 'logits', config.logitScale), config.logitSoftcap)
    graph.output(graphNames.output, 'f32', ['batch', 'headed', config.vocabSize])
    graph.output(graphNames.normed, 'f32', ['batch', 'scored', config.hiddenSize])
  } else {
    graph.output(graphNames.output, 'f32', ['batch', 'rows', config.hiddenSize])
  }
  const variants = ropeVariants(config.rope)
  const positions = options.contextLength
  return {
    ...finish(graph, x),
    rope: variants === 1 ? [] : Array.from({ length: variants }, (_, variant) => ({ ...ropeCaches(config.rope, config.headDim, positions, variant), shape: [positions, config.headDim / 2] as const }))
  }
}

/** Where each layer finds its cosines and sines. */
function layerRopes (graph: GraphBuilder, config: ModelConfig, { contextLength, kvType }: SpanGraphOptions): (index: number, slidingWindow: number) => LayerContext['rope'] {
  const { rope, localRope, unrotatedLayers = [] } = config
  const shape = [contextLength, config.headDim / 2]
  const constants = (name: string, of: RopeConfig): NonNullable<LayerContext['rope']> => {
    const { cos, sin } = ropeCaches(of, config.headDim, contextLength)
    return { cos: toKv(graph, graph.inMemory(`${name}.cos`, shape, cos), kvType), sin: toKv(graph, graph.inMemory(`${name}.sin`, shape, sin), kvType) }
  }
  const made = new Map<RopeConfig, NonNullable<LayerContext['rope']>>()
  return (index, slidingWindow) => {
    if (unrotatedLayers.includes(index)) {
      return undefined
    }
    const isLocal = localRope !== undefined && slidingWindow > 0
    const of = isLocal ? localRope : rope
    const known = made.get(of)
    if (known !== undefined) {
      return known
    }
    const caches = ropeVariants(of) > 1
      ? { cos: graph.input(graphNames.ropeCos, kvType, shape), sin: graph.input(graphNames.ropeSin, kvType, shape) }
      : constants(isLocal ? 'rope.local' : 'rope', of)
    made.set(of, caches)
    return caches
  }
}

/** cap · tanh(x / cap) */
function softcap (graph: GraphBuilder, x: string, cap: number | undefined): string {
  return cap === undefined ? x : times(graph, graph.node('Tanh', [times(graph, x, 'cap.down', 1 / cap)]), 'cap.up', cap)
}

/** Names the graph's last value, which a node may have named otherwise. */
function finish (graph: GraphBuilder, last: string): Pick<SpanGraph, 'model' | 'values'> {
  graph.node('Identity', [last], {}, graphNames.output)
  return graph.finish()
}
