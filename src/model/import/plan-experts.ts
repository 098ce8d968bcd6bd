import { vector } from './part-planner.ts'
import type { Find, Fusible, Matrix, PlanRequest, SourceRows, Vector } from './plan-types.ts'
import type { LayerRole } from '../architectures/architecture.ts'
import type { ExpertsConfig } from '../types.ts'

/** The rows of an MLP's three matrices, whole ones; gate and up may be one. */
interface MlpRows {
  readonly gate: SourceRows
  readonly up: SourceRows
  readonly down: SourceRows
}

/** How the experts of a layer and the router that chooses among them are stored, whichever way the source has them. @throws {FormatError} */
export function planExperts (
  { config: { hiddenSize }, names, architecture, source }: PlanRequest, experts: ExpertsConfig, nameOf: (role: LayerRole) => string, find: Find
): { readonly matrices: Array<Matrix | Fusible>, readonly vectors: Vector[] } {
  const { count, intermediateSize: size, sharedIntermediateSize } = experts
  const each = Array.from({ length: count }, (_, expert) => expert)
  const whole = (role: LayerRole, rows: number, columns: number, expert = 0): SourceRows =>
    ({ tensor: find(nameOf(role).replace('{expert}', String(expert)), [rows, columns]), rows, columns })
  /** Few values that decide much are never rounded. */
  const exact = (name: string, rows: SourceRows): Matrix => ({ name, sources: [rows], exact: true })

  const layouts: Readonly<Record<typeof names.experts, (expert: number) => MlpRows>> = {
    single: (expert) => ({ gate: whole('expertGate', size, hiddenSize, expert), up: whole('expertUp', size, hiddenSize, expert), down: whole('expertDown', hiddenSize, size, expert) }),
    stacked: (expert) => {
      const rows = (role: LayerRole, ofEach: number, columns: number): SourceRows => ({ tensor: find(nameOf(role), [count, ofEach, columns]), rows: ofEach, columns, first: expert * ofEach })
      return { gate: rows('expertGate', size, hiddenSize), up: rows('expertUp', size, hiddenSize), down: rows('expertDown', hiddenSize, size) }
    },
    transposed: (expert) => {
      const half = (role: LayerRole, offset: number): SourceRows =>
        ({ tensor: find(nameOf(role), [count, hiddenSize, 2 * size]), rows: size, columns: hiddenSize, first: expert * hiddenSize, transposed: { offset, step: 2 } })
      const down = find(nameOf('expertDown'), [count, size, hiddenSize])
      return { gate: half('expertGate', 0), up: half('expertUp', 1), down: { tensor: down, rows: hiddenSize, columns: size, first: expert * size, transposed: { offset: 0, step: 1 } } }
    }
  }
  const mlp = (prefix: string, { gate, up, down }: MlpRows): Array<Matrix | Fusible> => [
    { name: `${prefix}gateUp`, parts: [{ name: `${prefix}gate`, sources: [gate] }, { name: `${prefix}up`, sources: [up] }] },
    { name: `${prefix}down`, sources: [down] }
  ]

  const biases = (): Vector[] => {
    const row = (role: LayerRole, columns: number, expert: number): SourceRows => ({ tensor: find(nameOf(role), [count, columns]), rows: 1, columns, first: expert })
    const half = (role: LayerRole, offset: number, expert: number): SourceRows =>
      ({ tensor: find(nameOf(role), [count, 2 * size]), rows: size, columns: 1, first: expert, transposed: { offset, step: 2 } })
    return [
      vector('routerBias', [{ tensor: find(nameOf('routerBias'), [count]), rows: 1, columns: count }]),
      ...each.flatMap((expert) => [
        vector(`experts.${expert}.gateUpBias`, names.experts === 'transposed'
          ? [half('expertGateBias', 0, expert), half('expertUpBias', 1, expert)]
          : [row('expertGateBias', size, expert), row('expertUpBias', size, expert)]),
        vector(`experts.${expert}.downBias`, [row('expertDownBias', hiddenSize, expert)])
      ])
    ]
  }

  const shared = (of: number): Array<Matrix | Fusible> => {
    // one row, which GGUF files have as a vector
    const isVector = source.info(nameOf('sharedRouter'))?.shape.length === 1
    const router = find(nameOf('sharedRouter'), isVector ? [hiddenSize] : [1, hiddenSize])
    return [
      exact('sharedRouter', { tensor: router, rows: 1, columns: hiddenSize }),
      ...mlp('shared.', { gate: whole('sharedGate', of, hiddenSize), up: whole('sharedUp', of, hiddenSize), down: whole('sharedDown', hiddenSize, of) })
    ]
  }
  return {
    matrices: [
      exact('router', whole('router', count, hiddenSize)),
      ...each.flatMap((expert) => mlp(`experts.${expert}.`, layouts[names.experts](expert))),
      ...(sharedIntermediateSize == null ? [] : shared(sharedIntermediateSize))
    ],
    vectors: architecture.experts === 'clamped' ? biases() : []
  }
}
