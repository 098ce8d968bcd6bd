import { UnsupportedModelError } from '../errors.ts'
import { matrixOf, vector } from './part-planner.ts'
import type { Find, Fusible, HeadOrder, Matrix, PartPlan, PartPlanner, PlanRequest, SourceRows, Vector } from './plan-types.ts'
import type { Architecture, LayerRole } from '../architectures/architectures.ts'
import type { ExpertsConfig, ModelConfig } from '../types.ts'

/** A norm's weight as files have it that store what is added to 1. */
export const normPlus = ({ architecture, names }: PlanRequest): Pick<SourceRows, 'plus'> =>
  architecture.normsFromZero && names === architecture.safetensorsNames ? { plus: 1 } : {}

/**
 * The order of a head's rows in q and k, where it is not the source's. Rotation turns rows (i, i + half) of a whole head together:
 * llama.cpp's converter has such pairs side by side; where only the first rows of a head are rotated the others go behind each half
 * of them, and are turned by nothing.
 */
function headOrder ({ headDim, rope: { dimensions } }: ModelConfig, pairsSideBySide: boolean): HeadOrder | undefined {
  const half = headDim / 2
  const turned = dimensions / 2
  if (dimensions < headDim) {
    if (pairsSideBySide) {
      throw new UnsupportedModelError('GGUF files of a model that rotates a part of each head in pairs are not supported')
    }
    return {
      rows: headDim,
      from: (row) => {
        const [within, later] = [row % half, row >= half ? 1 : 0]
        return within < turned ? within + later * turned : dimensions + within - turned + later * (half - turned)
      }
    }
  }
  return pairsSideBySide ? { rows: headDim, from: (row) => (row % half) * 2 + (row >= half ? 1 : 0) } : undefined
}

/** How one layer is stored. @throws {FormatError} @throws {UnsupportedModelError} */
export function planLayer (request: PlanRequest, layer: number, find: Find, planner: PartPlanner): PartPlan {
  const { config, names, source, architecture, permutedHeads, biases, otherBiases } = request
  const { hiddenSize, intermediateSize, headDim } = config
  const qRows = config.headCount * headDim
  const kvRows = config.kvHeadCount * headDim
  const nameOf = (role: LayerRole): string => names.layer[role].replace('{layer}', String(layer))
  const order = headOrder(config, permutedHeads)
  const reordered: [] | [HeadOrder] = order === undefined ? [] : [order]
  const matrix = (name: string, role: LayerRole, rows: number, columns: number, heads?: HeadOrder): Matrix =>
    matrixOf(name, find(nameOf(role), [rows, columns]), heads)
  const norm = (role: LayerRole, size: number): Vector => vector(role, [{ tensor: find(nameOf(role), [size]), rows: 1, columns: size, ...normPlus(request) }])
  /** Matrices over the same input, one in the files of some architectures. */
  const together = (name: 'qkv' | 'gateUp', parts: ReadonlyArray<readonly [role: LayerRole, rows: number, heads?: HeadOrder]>): Matrix | Fusible => {
    if (!architecture.fusedMatrices) {
      return { name, parts: parts.map(([role, rows, ofHeads]) => matrix(role, role, rows, hiddenSize, ofHeads)) }
    }
    const tensor = find(nameOf(name), [parts.reduce((sum, [, rows]) => sum + rows, 0), hiddenSize])
    let first = 0
    return {
      name,
      sources: parts.map(([, rows, ofHeads]) => {
        const source = { tensor, rows, columns: hiddenSize, first, ...(ofHeads === undefined ? {} : { heads: ofHeads }) }
        first += rows
        return source
      })
    }
  }

  const hasBias = (role: LayerRole): boolean => biases.includes(role) || (otherBiases && source.info(nameOf(role)) != null)
  const biasRows = (role: LayerRole, size: number, ofHeads?: HeadOrder): SourceRows | { readonly zeros: number } => {
    if (!hasBias(role)) {
      return { zeros: size }
    }
    const tensor = find(nameOf(role), [size])
    // a reordered bias counts as rows of one value
    return ofHeads == null ? { tensor, rows: 1, columns: size } : { tensor, rows: size, columns: 1, heads: ofHeads }
  }
  /** Biases that some of the fused matrices have, zeros for the others; nothing where none has one. */
  const bias = (name: string, roles: ReadonlyArray<readonly [role: LayerRole, size: number, heads?: HeadOrder]>): Vector[] =>
    roles.some(([role]) => hasBias(role)) ? [vector(name, roles.map((entry) => biasRows(...entry)))] : []

  const { experts } = config
  const isSparse = experts != null && experts.denseLayers?.includes(layer) !== true
  const stacked = isSparse && architecture.experts === 'stacked' ? stackedExperts(find, nameOf, experts, hiddenSize) : undefined
  /** The three matrices of an expert's MLP. */
  const expertMlp = (prefix: string, [gate, up, down]: readonly [LayerRole, LayerRole, LayerRole], size: number, expert: number): Array<Matrix | Fusible> => {
    const of = (name: string, role: LayerRole, rows: number, columns: number): Matrix =>
      matrixOf(`${prefix}${name}`, find(nameOf(role).replace('{expert}', String(expert)), [rows, columns]))
    return [{ name: `${prefix}gateUp`, parts: [of('gate', gate, size, hiddenSize), of('up', up, size, hiddenSize)] }, of('down', down, hiddenSize, size)]
  }
  const mlp = (): Array<Matrix | Fusible> => {
    if (!isSparse) {
      return [together('gateUp', [['gate', intermediateSize], ['up', intermediateSize]]), matrix('down', 'down', hiddenSize, intermediateSize)]
    }
    const { count, intermediateSize: size, sharedIntermediateSize } = experts
    return [
      // few values that decide much: never rounded
      { ...matrix('router', 'router', count, hiddenSize), exact: true },
      ...(stacked?.matrices ?? Array.from({ length: count }, (_, expert) => expertMlp(`experts.${expert}.`, ['expertGate', 'expertUp', 'expertDown'], size, expert)).flat()),
      ...(sharedIntermediateSize == null
        ? []
        : [{ ...matrix('sharedRouter', 'sharedRouter', 1, hiddenSize), exact: true }, ...expertMlp('shared.', ['sharedGate', 'sharedUp', 'sharedDown'], sharedIntermediateSize, 0)])
    ]
  }

  return planner(`layer ${layer}`, [
    ...(architecture.norms === 'behind' ? [] : [norm('attnNorm', hiddenSize)]),
    ...(architecture.norms === 'before' ? [] : [norm('attnPostNorm', hiddenSize)]),
    ...bias('qkvBias', [['qBias', qRows, ...reordered], ['kBias', kvRows, ...reordered], ['vBias', kvRows]]),
    ...headNorms(architecture, config).map(([role, size]) => norm(role, size)),
    ...bias('oBias', [['oBias', hiddenSize]]),
    ...(architecture.norms === 'behind' ? [] : [norm('mlpNorm', hiddenSize)]),
    ...(architecture.norms === 'before' ? [] : [norm('mlpPostNorm', hiddenSize)]),
    ...(architecture.sinks ? [vector('sinks', [{ tensor: find(nameOf('sinks'), [config.headCount]), rows: 1, columns: config.headCount }])] : []),
    ...(stacked?.biases ?? []),
    ...bias('gateUpBias', [['gateBias', intermediateSize], ['upBias', intermediateSize]]),
    ...bias('downBias', [['downBias', hiddenSize]])
  ], [
    together('qkv', [['q', qRows, ...reordered], ['k', kvRows, ...reordered], ['v', kvRows]]),
    matrix('o', 'o', hiddenSize, qRows),
    ...mlp()
  ], false)
}

/** Experts that lie in one tensor `[experts, in, out]`, gate and up in turns. */
function stackedExperts (find: Find, nameOf: (role: LayerRole) => string, { count, intermediateSize: size }: ExpertsConfig, hiddenSize: number): { matrices: Matrix[], biases: Vector[] } {
  const gateUp = find(nameOf('expertGate'), [count, hiddenSize, 2 * size])
  const down = find(nameOf('expertDown'), [count, size, hiddenSize])
  const gateUpBias = find(nameOf('expertGateUpBias'), [count, 2 * size])
  const downBias = find(nameOf('expertDownBias'), [count, hiddenSize])
  const each = Array.from({ length: count }, (_, expert) => expert)
  return {
    matrices: each.flatMap((expert): Matrix[] => {
      const half = (offset: number): SourceRows => ({ tensor: gateUp, rows: size, columns: hiddenSize, first: expert * hiddenSize, transposed: { offset, step: 2 } })
      return [
        { name: `experts.${expert}.gateUp`, sources: [half(0), half(1)] },
        { name: `experts.${expert}.down`, sources: [{ tensor: down, rows: hiddenSize, columns: size, first: expert * size, transposed: { offset: 0, step: 1 } }] }
      ]
    }),
    biases: [
      vector('routerBias', [{ tensor: find(nameOf('routerBias'), [count]), rows: 1, columns: count }]),
      ...each.flatMap((expert) => {
        const half = (offset: number): SourceRows => ({ tensor: gateUpBias, rows: size, columns: 1, first: expert, transposed: { offset, step: 2 } })
        return [
          vector(`experts.${expert}.gateUpBias`, [half(0), half(1)]),
          vector(`experts.${expert}.downBias`, [{ tensor: downBias, rows: 1, columns: hiddenSize, first: expert }])
        ]
      })
    ]
  }
}

/** Norms of queries and keys, with their sizes. */
function headNorms ({ headNorms: which }: Architecture, { headCount, kvHeadCount, headDim }: ModelConfig): ReadonlyArray<readonly [role: LayerRole, size: number]> {
  switch (which) {
    case 'none':
      return []
    case 'each':
      return [['qNorm', headDim], ['kNorm', headDim]]
    case 'all':
      return [['qNorm', headCount * headDim], ['kNorm', kvHeadCount * headDim]]
  }
}
