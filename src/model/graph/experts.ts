import { int64Bytes } from './builder.ts'
import { mlp } from './mlp.ts'
import type { LayerContext } from './layer-parts.ts'
import type { Weights } from './span-weights.ts'
import type { ExpertsConfig } from '../types.ts'

/** Axes of `[1, rows, H]` and of `[rows, experts]`. */
const ROWS = 1
const CHOICES = 1

/**
 * A mixture of experts: each row goes through those that the router chose for it, weighted by their probabilities. An expert's rows are
 * gathered, run together and added where they came from, in the order of experts: only chosen experts' weights are read, and
 * what a row gets does not depend on the rows beside it. Rows of H values in and out, as `context.rows` lays them.
 */
export function experts (context: LayerContext, of: ExpertsConfig, weights: Weights, x: string): string {
  const { count, perToken, intermediateSize, normalised, softmaxOfChosen, clamped, sharedIntermediateSize } = of
  const { graph, config: { hiddenSize }, kv } = context
  const shape = (name: string, ...sizes: number[]): string => graph.constant(`shape.${name}`, 'i64', [sizes.length], () => int64Bytes(...sizes))
  const apart = context.rows.apart(x, hiddenSize)
  const rows = graph.node('Reshape', [apart, shape(`rows.${hiddenSize}`, 1, -1, hiddenSize)])
  const flat = shape(`flat.${hiddenSize}`, -1, hiddenSize)
  const column = shape('column', -1, 1)
  const number = (value: number): string => graph.constant(`number.${value}`, 'i64', [1], () => int64Bytes(value))

  const scores = graph.node('Reshape', [context.rows.apart(weights.product('router', x), count), shape(`experts.${count}`, -1, count)])
  const [top, chosen] = [`${kv.presentKey}.top`, `${kv.presentKey}.chosen`]
  const ranked = softmaxOfChosen === true ? scores : graph.node('Softmax', [scores], { axis: CHOICES })
  graph.nodes('TopK', [ranked, number(perToken)], [top, chosen], { axis: CHOICES, largest: 1, sorted: 1 })
  const shares = softmaxOfChosen === true ? graph.node('Softmax', [top], { axis: CHOICES }) : normalised ? graph.node('Div', [top, graph.node('ReduceSum', [top, number(CHOICES)], { keepdims: 1 })]) : top

  let sum = graph.node('ConstantOfShape', [graph.node('Shape', [graph.node('Reshape', [rows, flat])])])
  for (let expert = 0; expert < count; expert++) {
    // [row, choice] of each time it was chosen
    const uses = graph.node('NonZero', [graph.node('Equal', [chosen, number(expert)])])
    const own = graph.node('Gather', [uses, graph.constant('zero', 'i64', [], () => int64Bytes(0))], { axis: 0 })
    const share = graph.node('GatherND', [shares, graph.node('Transpose', [uses], { perm: [1, 0] })])
    const output = mlp(context, weights, graph.node('Gather', [rows, context.rows.gathered(own)], { axis: ROWS }), intermediateSize, `experts.${expert}.`, clamped)
    const weighted = graph.node('Mul', [graph.node('Reshape', [context.rows.counted(output), flat]), graph.node('Reshape', [share, column])])
    sum = graph.node('ScatterND', [sum, graph.node('Reshape', [own, column]), weighted], { reduction: 'add' })
  }
  const routed = context.rows.together(graph.node('Reshape', [sum, graph.node('Shape', [apart])]), hiddenSize)
  if (sharedIntermediateSize == null) {
    return routed
  }
  const gate = graph.node('Sigmoid', [weights.product('sharedRouter', x)])
  return graph.node('Add', [routed, graph.node('Mul', [gate, mlp(context, weights, x, sharedIntermediateSize, 'shared.')])])
}
