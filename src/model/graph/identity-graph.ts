import { graphBuilder, type ElementType } from './builder.ts'

/** `[rows, columns]` in, the same out. */
export function identityGraph (type: ElementType): { readonly model: Uint8Array, readonly input: string, readonly output: string } {
  const graph = graphBuilder('identity')
  const [input, output, shape] = ['input', 'output', ['rows', 'columns']] as const
  graph.node('Identity', [graph.input(input, type, shape)], {}, output)
  graph.output(output, type, shape)
  return { model: graph.finish().model, input, output }
}
