import { architectureOf } from '../architectures/architectures.ts'
import { int64Bytes, type GraphBuilder } from './builder.ts'
import type { Weights } from './span-weights.ts'
import type { ModelConfig } from '../types.ts'

/** The last axis of `[batch, rows, features]`. Never −1: protons writes negative numbers wrongly. */
const FEATURES = 2

/** What every layer of a graph shares. */
export interface LayerContext {
  readonly graph: GraphBuilder
  readonly config: ModelConfig
  /** Cosines and sines; undefined: queries and keys are not rotated. */
  readonly rope: { readonly cos: string, readonly sin: string } | undefined
  readonly seqlens: string
  readonly totalLength: string
  /** Names of the layer's KV inputs and outputs. */
  readonly kv: { readonly pastKey: string, readonly pastValue: string, readonly presentKey: string, readonly presentValue: string }
  readonly slidingWindow: number
}

/** RMS norm over the last axis. */
export const norm = (graph: GraphBuilder, x: string, gamma: string, epsilon: number): string =>
  graph.node('SimplifiedLayerNormalization', [x, gamma], { epsilon: { float: epsilon } })

/**
 * x + attention(x), then + mlp(·), each with a norm before it, behind it, or both, whichever the part has. `[batch, rows, H]` in
 * and out.
 */
export function layer (context: LayerContext, weights: Weights, x: string): string {
  const { graph, config } = context
  const normIf = (tensor: string, value: string): string =>
    weights.has(tensor) ? norm(graph, value, weights.vector(tensor), config.normEpsilon) : value
  /** What a sublayer adds to the residual stream. */
  const addend = (postNorm: string, value: string): string => times(graph, normIf(postNorm, value), 'residual', config.residualScale)

  const attended = addend('attnPostNorm', attention(context, weights, normIf('attnNorm', x)))
  if (!weights.has('mlpNorm')) {
    const sum = graph.node('Add', [attended, x])
    return graph.node('Add', [addend('mlpPostNorm', mlp(context, weights, sum)), sum])
  }
  const sum = `${attended}+skip`
  const normed = `${attended}+norm`
  graph.nodes('SkipSimplifiedLayerNormalization', [attended, x, weights.vector('mlpNorm')], [normed, '', '', sum], { epsilon: { float: config.normEpsilon } })
  return graph.node('Add', [addend('mlpPostNorm', mlp(context, weights, normed)), sum])
}

/** value · factor, where there is one. */
export const times = (graph: GraphBuilder, value: string, name: string, factor: number | undefined): string => factor === undefined
  ? value
  : graph.node('Mul', [value, graph.constant(`scale.${name}`, 'f32', [1], () => new Uint8Array(Float32Array.of(factor).buffer))])

function attention (context: LayerContext, weights: Weights, x: string): string {
  const { graph, config: { headCount, kvHeadCount, attentionScale, attentionSoftcap }, kv, rope } = context
  const output = `${kv.presentKey}.attended`
  const [query, key, value] = projections(context, weights, x)
  graph.nodes('GroupQueryAttention', [query, key, value, kv.pastKey, kv.pastValue, context.seqlens, context.totalLength, ...(rope === undefined ? [] : [rope.cos, rope.sin])],
    [output, kv.presentKey, kv.presentValue], {
      num_heads: headCount,
      kv_num_heads: kvHeadCount,
      do_rotary: rope === undefined ? 0 : 1,
      ...(attentionScale === undefined ? {} : { scale: { float: attentionScale } }),
      ...(attentionSoftcap === undefined ? {} : { softcap: { float: attentionSoftcap } }),
      ...(context.slidingWindow === 0 ? {} : { local_window_size: context.slidingWindow })
    })
  return weights.product('o', output)
}

/** Query, key and value; one packed value and two left out where nothing happens to them before the rotation. */
function projections ({ graph, config, kv }: LayerContext, weights: Weights, x: string): [string, string, string] {
  const { headCount, kvHeadCount, headDim, normEpsilon } = config
  const packed = weights.has('qkv')
    ? weights.product('qkv', x)
    : withBias(graph, weights, graph.node('Concat', ['q', 'k', 'v'].map((tensor) => weights.product(tensor, x)), { axis: FEATURES }))
  if (!weights.has('qNorm')) {
    return [packed, '', '']
  }
  const sizes = [headCount, kvHeadCount, kvHeadCount].map((heads) => heads * headDim)
  const parts = ['q', 'k', 'v'].map((tensor) => `${kv.presentKey}.${tensor}`)
  graph.nodes('Split', [packed, graph.constant('qkv.sizes', 'i64', [3], () => int64Bytes(...sizes))], parts, { axis: FEATURES })
  const [q = '', k = '', v = ''] = parts
  const headNorm = (value: string, heads: number, gamma: string): string => {
    if (architectureOf('name', config.architecture).headNorms === 'all') {
      return norm(graph, value, weights.vector(gamma), normEpsilon)
    }
    const split = graph.node('Reshape', [value, graph.constant(`heads.${heads}`, 'i64', [4], () => int64Bytes(0, 0, heads, headDim))])
    return graph.node('Reshape', [norm(graph, split, weights.vector(gamma), normEpsilon), graph.constant(`joined.${heads}`, 'i64', [3], () => int64Bytes(0, 0, heads * headDim))])
  }
  return [headNorm(q, headCount, 'qNorm'), headNorm(k, kvHeadCount, 'kNorm'), v]
}

/** The fused bias of matrices that are stored apart. */
const withBias = (graph: GraphBuilder, weights: Weights, value: string): string =>
  weights.has('qkvBias') ? graph.node('Add', [value, weights.vector('qkvBias')]) : value

/** down(activation(gate(x)) · up(x)) */
function mlp ({ graph, config: { intermediateSize, activation }, kv }: LayerContext, weights: Weights, x: string): string {
  let gate = `${kv.presentKey}.gate`
  let up = `${kv.presentKey}.up`
  const halves = graph.constant('gateUp.sizes', 'i64', [2], () => int64Bytes(intermediateSize, intermediateSize))
  if (weights.has('gateUp')) {
    graph.nodes('Split', [weights.product('gateUp', x), halves], [gate, up], { axis: FEATURES })
  } else if (weights.has('gateUpBias')) {
    const joined = graph.node('Concat', [weights.product('gate', x), weights.product('up', x)], { axis: FEATURES })
    graph.nodes('Split', [graph.node('Add', [joined, weights.vector('gateUpBias')]), halves], [gate, up], { axis: FEATURES })
  } else {
    gate = weights.product('gate', x)
    up = weights.product('up', x)
  }
  // QuickGelu with alpha 1 is silu: x · sigmoid(x); FastGelu is gelu by tanh
  const activated = activation === 'geluTanh' ? graph.node('FastGelu', [gate]) : graph.node('QuickGelu', [gate], { alpha: { float: 1 } })
  return weights.product('down', graph.node('Mul', [activated, up]))
}
