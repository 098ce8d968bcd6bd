import { FormatError, UnsupportedModelError } from '../errors.ts'
import { blockTypeNamed, blockTypeNames, type Container } from '../quant/block-types.ts'
import { int4Container, int8Container } from '../quant/quantise.ts'
import type { Architecture, LayerRole, ModelRole, TensorNames } from '../architectures/architectures.ts'
import type { SourceTensor, TensorSource } from '../formats/tensor-source.ts'
import type { ModelConfig, Quantization, TensorEntry } from '../types.ts'

/** Of tensors in a blob, so that each can be mapped by itself. */
const TENSOR_ALIGNMENT = 4096

/** A tensor of the source that becomes rows of a stored one. */
export interface SourceRows {
  readonly tensor: SourceTensor
  readonly rows: number
  readonly columns: number
  /** Of the tensor's rows. @default 0 */
  readonly first?: number
  /** Within each head of so many rows, the row of the source that row i is. */
  readonly heads?: HeadOrder
  /** Added to every value. */
  readonly plus?: number
}

export interface HeadOrder {
  readonly rows: number
  from (row: number): number
}

/** How one stored tensor is made: rows of the sources one after another, and zeros for a bias that one of fused matrices lacks. */
export interface TensorPlan {
  readonly entry: TensorEntry
  readonly sources: ReadonlyArray<SourceRows | { readonly zeros: number }>
}

export interface PartPlan {
  readonly label: string
  readonly size: number
  readonly tensors: readonly TensorPlan[]
}

export interface ImportPlan {
  readonly embedding: PartPlan
  readonly layers: readonly PartPlan[]
  readonly head: PartPlan
  /** What a user should know: which tensors are stored otherwise than in the source. */
  readonly remarks: readonly string[]
}

export interface PlanRequest {
  readonly config: ModelConfig
  readonly architecture: Architecture
  readonly names: TensorNames
  /** The source is a GGUF file of an architecture whose heads its converter reorders. */
  readonly permutedHeads: boolean
  readonly source: TensorSource
  readonly quantization: Quantization
  /** Biases that the source says it has. */
  readonly biases: readonly LayerRole[]
  /** Whether other biases count where the source has them: its configuration does not speak of them. */
  readonly otherBiases: boolean
}

type Matrix = {
  readonly name: string
  readonly sources: readonly SourceRows[]
  /** Stored as float32 whatever the quantisation. */
  readonly exact?: boolean
}

/**
 * Says how each part of a model is laid out and made, from shapes alone.
 * @throws {FormatError} for a tensor that is missing, has another shape, or belongs to nothing @throws {UnsupportedModelError}
 */
export function planImport (request: PlanRequest): ImportPlan {
  const { config, names, source } = request
  const remarks = new Set<string>()
  const planner = partPlanner(request, remarks)
  const used = new Set<string>()
  const find = (name: string, shape: readonly number[]): SourceTensor => {
    used.add(name)
    const tensor = source.info(name)
    if (tensor == null) {
      throw new FormatError(`tensor ${name} is missing; a ${config.architecture} model of ${config.layerCount} layers has it`)
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw new FormatError(`tensor ${name} is [${tensor.shape.join(', ')}], the configuration asks for [${shape.join(', ')}]`)
    }
    return tensor
  }
  const model = (role: ModelRole, shape: readonly number[]): SourceTensor => find(names.model[role], shape)
  const { hiddenSize, vocabSize } = config
  const embedding = planner('the embedding', [], [matrixOf('embedding', model('embedding', [vocabSize, hiddenSize]))], true)
  const layers = Array.from({ length: config.layerCount }, (_, layer) => planLayer(request, layer, find, planner))
  const norm = vector('norm', [{ tensor: model('norm', [hiddenSize]), rows: 1, columns: hiddenSize, ...normPlus(request) }])
  const head = planner('the head', [norm], config.tiedEmbedding ? [] : [matrixOf('head', model('head', [vocabSize, hiddenSize]))], true)
  used.add(names.model.head)
  for (const name of source.names()) {
    if (!used.has(name) && !names.beside.test(name)) {
      throw new FormatError(`tensor ${name} belongs to nothing that a ${config.architecture} model of ${config.layerCount} layers with this configuration has`)
    }
  }
  return { embedding, layers, head, remarks: [...remarks] }
}

const normPlus = ({ architecture, names }: PlanRequest): Pick<SourceRows, 'plus'> =>
  architecture.normsFromZero && names === architecture.safetensorsNames ? { plus: 1 } : {}

const matrixOf = (name: string, tensor: SourceTensor, heads?: HeadOrder): Matrix => {
  const [rows = 0, columns = 0] = tensor.shape
  return { name, sources: [{ tensor, rows, columns, ...(heads == null ? {} : { heads }) }] }
}

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

type Vector = { readonly name: string, readonly sources: TensorPlan['sources'] }

function vector (name: string, sources: TensorPlan['sources']): Vector {
  for (const part of sources) {
    const tensor = 'zeros' in part ? undefined : part.tensor
    if (tensor != null && (blockTypeNamed(tensor.type) == null || blockTypeNamed(tensor.type)?.blocks != null)) {
      throw new UnsupportedModelError(`tensor ${tensor.name} is stored as ${tensor.type}; norms and biases are imported from F32, F16 and BF16`)
    }
  }
  return { name, sources }
}

type Find = (name: string, shape: readonly number[]) => SourceTensor

function planLayer (request: PlanRequest, layer: number, find: Find, planner: PartPlanner): PartPlan {
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
      ...Array.from({ length: count }, (_, expert) => expertMlp(`experts.${expert}.`, ['expertGate', 'expertUp', 'expertDown'], size, expert)).flat(),
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

/** Matrices over the same input: one where all are stored alike, as one product is quicker than three; else each by itself. */
interface Fusible {
  readonly name: string
  readonly parts: readonly Matrix[]
}

type PartPlanner = (label: string, vectors: readonly Vector[], matrices: ReadonlyArray<Matrix | Fusible>, wholeVocabulary: boolean) => PartPlan

type Storage = Container | { readonly dtype: 'f32' | 'f16' }

function partPlanner ({ quantization }: PlanRequest, remarks: Set<string>): PartPlanner {
  return (label, vectors, matrices, wholeVocabulary) => {
    let end = 0
    const reserve = (length: number): { offset: number, length: number } => {
      const offset = Math.ceil(end / TENSOR_ALIGNMENT) * TENSOR_ALIGNMENT
      end = offset + length
      return { offset, length }
    }
    const tensors: TensorPlan[] = vectors.map(({ name, sources }) => {
      const size = sources.reduce((sum, part) => sum + ('zeros' in part ? part.zeros : part.rows * part.columns), 0)
      return { entry: { kind: 'dense', name, dtype: 'f32', shape: [size], data: reserve(size * 4) }, sources }
    })
    const storages = (matrix: Matrix): Storage[] =>
      matrix.sources.map(({ tensor, columns }) => matrix.exact === true ? { dtype: 'f32' } : storageOf(tensor.type, columns, quantization, wholeVocabulary, remarks))
    const fused = ({ name, parts }: Fusible): readonly Matrix[] => {
      const [first, ...others] = parts.flatMap(storages)
      return first != null && others.every((other) => isSame(first, other)) ? [{ name, sources: parts.flatMap(({ sources }) => sources) }] : parts
    }
    for (const matrix of matrices.flatMap((entry) => 'parts' in entry ? fused(entry) : [entry])) {
      const { name, sources } = matrix
      const rows = sources.reduce((sum, part) => sum + part.rows, 0)
      const columns = sources[0]?.columns ?? 0
      const storage = storages(matrix)[0] ?? { dtype: 'f32' }
      const entry: TensorEntry = 'dtype' in storage
        ? { kind: 'dense', name, dtype: storage.dtype, shape: [rows, columns], data: reserve(rows * columns * (storage.dtype === 'f32' ? 4 : 2)) }
        : {
            kind: 'blocks',
            name,
            bits: storage.bits,
            block: storage.block,
            shape: [rows, columns],
            data: reserve(rows * columns * storage.bits / 8),
            scales: reserve(rows * columns / storage.block * 4),
            ...(storage.hasMinimum ? { minimums: reserve(rows * columns / storage.block * 4) } : {})
          }
      tensors.push({ entry, sources })
    }
    return { label, size: end, tensors }
  }
}

const isSame = (a: Storage, b: Storage): boolean => 'dtype' in a || 'dtype' in b
  ? 'dtype' in a && 'dtype' in b && a.dtype === b.dtype
  : a.bits === b.bits && a.block === b.block && a.hasMinimum === b.hasMinimum

/** What a matrix of a source type is stored as. */
function storageOf (typeName: string, columns: number, quantization: Quantization, wholeVocabulary: boolean, remarks: Set<string>): Storage {
  const type = blockTypeNamed(typeName)
  if (type == null) {
    throw new UnsupportedModelError(`tensors of type ${typeName} are not supported; Shoal imports ${blockTypeNames().join(', ')}`)
  }
  switch (quantization) {
    case 'keep':
      if (type.blocks != null) {
        return type.blocks.container
      }
      if (typeName === 'BF16') {
        remarks.add('BF16 is kept as float32: float16 could not hold every value')
      }
      return { dtype: typeName === 'F16' ? 'f16' : 'f32' }
    case 'f32':
    case 'f16':
      if (typeName.toLowerCase() !== quantization) {
        remarks.add(`${typeName} is stored as ${quantization}`)
      }
      return { dtype: quantization }
    case 'int8':
    case 'int4': {
      // four bits for a vocabulary cost more in quality than they save
      const container = quantization === 'int4' && !wholeVocabulary ? int4Container : int8Container
      if (columns % container.block !== 0) {
        remarks.add(`rows of ${columns} values are no whole blocks of ${container.block} and are stored as f32`)
        return { dtype: 'f32' }
      }
      if (type.blocks == null || !isSame(type.blocks.container, container)) {
        remarks.add(`${typeName} is requantised to int${container.bits}`)
      }
      return container
    }
  }
}
