import { UnsupportedModelError } from '../errors.ts'
import { matrixOf, vector } from './part-planner.ts'
import { planExperts } from './plan-experts.ts'
import type { Find, Fusible, HeadOrder, Matrix, PartPlan, PartPlanner, PlanRequest, SourceRows, Vector } from './plan-types.ts'
import type { Architecture, LayerRole } from '../architectures/architecture.ts'
import type { ModelConfig } from '../types.ts'

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
  const sparse = isSparse ? planExperts(request, experts, nameOf, find) : undefined
  const mlp = (): Array<Matrix | Fusible> => sparse?.matrices ?? [
    together('gateUp', [['gate', intermediateSize], ['up', intermediateSize]]), matrix('down', 'down', hiddenSize, intermediateSize)
  ]

  return planner(`layer ${layer}`, [
    ...(architecture.norms === 'behind' ? [] : [norm('attnNorm', hiddenSize)]),
    ...(architecture.norms === 'before' ? [] : [norm('attnPostNorm', hiddenSize)]),
    ...bias('qkvBias', [['qBias', qRows, ...reordered], ['kBias', kvRows, ...reordered], ['vBias', kvRows]]),
    ...headNorms(architecture, config).map(([role, size]) => norm(role, size)),
    ...bias('oBias', [['oBias', hiddenSize]]),
    ...(architecture.norms === 'behind' ? [] : [norm('mlpNorm', hiddenSize)]),
    ...(architecture.norms === 'before' ? [] : [norm('mlpPostNorm', hiddenSize)]),
    ...(architecture.sinks ? [vector('sinks', [{ tensor: find(nameOf('sinks'), [config.headCount]), rows: 1, columns: config.headCount }])] : []),
    ...(sparse?.vectors ?? []),
    ...bias('gateUpBias', [['gateBias', intermediateSize], ['upBias', intermediateSize]]),
    ...bias('downBias', [['downBias', hiddenSize]])
  ], [
    together('qkv', [['q', qRows, ...reordered], ['k', kvRows, ...reordered], ['v', kvRows]]),
    matrix('o', 'o', hiddenSize, qRows),
    ...mlp()
  ], false)
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
