import { int64Bytes } from './builder.ts'
import { FEATURES, type LayerContext } from './layer-parts.ts'
import type { Weights } from './span-weights.ts'
import type { ExpertsConfig } from '../types.ts'

/** down(activation(gate(x)) · up(x)). @param prefix of its tensors: an expert's */
export function mlp ({ graph, config: { activation }, kv }: LayerContext, weights: Weights, x: string, intermediateSize: number, prefix = '', clamped?: ExpertsConfig['clamped']): string {
  let gate = `${kv.presentKey}.${prefix}gate`
  let up = `${kv.presentKey}.${prefix}up`
  const halves = graph.constant(`gateUp.${intermediateSize}`, 'i64', [2], () => int64Bytes(intermediateSize, intermediateSize))
  if (weights.has(`${prefix}gateUp`)) {
    graph.nodes('Split', [weights.product(`${prefix}gateUp`, x), halves], [gate, up], { axis: FEATURES })
  } else if (weights.has(`${prefix}gateUpBias`)) {
    const joined = graph.node('Concat', [weights.product(`${prefix}gate`, x), weights.product(`${prefix}up`, x)], { axis: FEATURES })
    graph.nodes('Split', [graph.node('Add', [joined, weights.vector(`${prefix}gateUpBias`)]), halves], [gate, up], { axis: FEATURES })
  } else {
    gate = weights.product(`${prefix}gate`, x)
    up = weights.product(`${prefix}up`, x)
  }
  if (clamped !== undefined) {
    const number = (name: string, value: number): string => graph.constant(`clamp.${name}`, 'f32', [], () => new Uint8Array(Float32Array.of(value).buffer))
    const [least, most, one] = [number('least', -clamped.limit), number('most', clamped.limit), number('one', 1)]
    const cut = graph.node('QuickGelu', [graph.node('Clip', [gate, '', most])], { alpha: { float: clamped.alpha } })
    return weights.product(`${prefix}down`, graph.node('Mul', [graph.node('Add', [graph.node('Clip', [up, least, most]), one]), cut]))
  }
  // QuickGelu with alpha 1 is silu: x · sigmoid(x); FastGelu is gelu by tanh
  const activated = activation === 'geluTanh' ? graph.node('FastGelu', [gate]) : graph.node('QuickGelu', [gate], { alpha: { float: 1 } })
  return weights.product(`${prefix}down`, graph.node('Mul', [activated, up]))
}
