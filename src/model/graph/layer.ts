import { architectureOf } from '../architectures/architectures.ts'
import { experts } from './experts.ts'
import { int64Bytes, type GraphBuilder } from './builder.ts'
import { FEATURES, fromKv, norm, times, toKv, type LayerContext } from './layer-parts.ts'
import { mlp } from './mlp.ts'
import type { Weights } from './span-weights.ts'

/**
 * x + attention(x), then + mlp(·), each with a norm before it, behind it, or both, whichever the part has. Rows of H values in
 * and out, as `context.rows` lays them.
 */
export function layer (context: LayerContext, weights: Weights, x: string): string {
  const { graph, config } = context
  const normIf = (tensor: string, value: string): string =>
    weights.has(tensor) ? norm(graph, value, weights.vector(tensor), config.normEpsilon) : value
  /** What a sublayer adds to the residual stream. */
  const addend = (postNorm: string, value: string): string => times(graph, normIf(postNorm, value), 'residual', config.residualScale)

  const feedForward = (value: string): string => weights.has('router') && config.experts !== undefined
    ? experts(context, config.experts, weights, value)
    : mlp(context, weights, value, config.intermediateSize)

  const attended = addend('attnPostNorm', attention(context, weights, normIf('attnNorm', x)))
  if (!weights.has('mlpNorm')) {
    const sum = graph.node('Add', [attended, x])
    return graph.node('Add', [addend('mlpPostNorm', feedForward(sum)), sum])
  }
  const sum = `${attended}+skip`
  const normed = `${attended}+norm`
  graph.nodes('SkipSimplifiedLayerNormalization', [attended, x, weights.vector('mlpNorm')], [normed, '', '', sum], { epsilon: { float: config.normEpsilon } })
  return graph.node('Add', [addend('mlpPostNorm', feedForward(normed)), sum])
}

function attention (context: LayerContext, weights: Weights, x: string): string {
  const { graph, config: { headCount, kvHeadCount, headDim, attentionScale, attentionSoftcap }, kv, rope, rows } = context
  const output = `${kv.presentKey}.attended`
  // the operator takes everything in the type that keys and values are kept in
  const [query = '', key = '', value = ''] = projections(context, weights, x).map((each) => each === '' ? '' : toKv(graph, each, kv.type))
  // positions and a bias of the scores, between the rotation and the sinks, are left out
  const optional = [rope?.cos ?? '', rope?.sin ?? '', ...(weights.has('sinks') ? ['', '', toKv(graph, weights.vector('sinks'), kv.type)] : [])]
  graph.nodes('GroupQueryAttention', [query, key, value, kv.pastKey, kv.pastValue, context.seqlens, context.totalLength, ...optional],
    [output, kv.presentKey, kv.presentValue], {
      num_heads: headCount,
      kv_num_heads: kvHeadCount,
      do_rotary: rope === undefined ? 0 : 1,
      ...(attentionScale === undefined ? {} : { scale: { float: attentionScale } }),
      ...(attentionSoftcap === undefined ? {} : { softcap: { float: attentionSoftcap } }),
      ...(context.slidingWindow === 0 ? {} : { local_window_size: context.slidingWindow })
    })
  return weights.product('o', rows.together(fromKv(graph, output, kv.type), headCount * headDim))
}

/** Query, key and value, `[batch, rows, …]`; one packed value and two left out where nothing happens to them before the rotation. */
function projections ({ graph, config, kv, rows }: LayerContext, weights: Weights, x: string): [string, string, string] {
  const { headCount, kvHeadCount, headDim, normEpsilon } = config
  const packed = weights.has('qkv')
    ? weights.product('qkv', x)
    : withBias(graph, weights, graph.node('Concat', ['q', 'k', 'v'].map((tensor) => weights.product(tensor, x)), { axis: FEATURES }))
  if (!weights.has('qNorm')) {
    return [rows.apart(packed, (headCount + 2 * kvHeadCount) * headDim), '', '']
  }
  const [queries, keys] = [headCount * headDim, kvHeadCount * headDim]
  const parts = ['q', 'k', 'v'].map((tensor) => `${kv.presentKey}.${tensor}`)
  graph.nodes('Split', [packed, graph.constant('qkv.sizes', 'i64', [3], () => int64Bytes(queries, keys, keys))], parts, { axis: FEATURES })
  const [q = '', k = '', v = ''] = parts
  const headNorm = (value: string, heads: number, gamma: string): string => {
    if (architectureOf('name', config.architecture).headNorms === 'all') {
      return norm(graph, value, weights.vector(gamma), normEpsilon)
    }
    const split = graph.node('Reshape', [value, graph.constant(`heads.${heads}`, 'i64', [4], () => int64Bytes(0, 0, heads, headDim))])
    return graph.node('Reshape', [norm(graph, split, weights.vector(gamma), normEpsilon), graph.constant(`joined.${heads}`, 'i64', [3], () => int64Bytes(0, 0, heads * headDim))])
  }
  return [rows.apart(headNorm(q, headCount, 'qNorm'), queries), rows.apart(headNorm(k, kvHeadCount, 'kNorm'), keys), rows.apart(v, keys)]
}

/** The fused bias of matrices that are stored apart. */
const withBias = (graph: GraphBuilder, weights: Weights, value: string): string =>
  weights.has('qkvBias') ? graph.node('Add', [value, weights.vector('qkvBias')]) : value
