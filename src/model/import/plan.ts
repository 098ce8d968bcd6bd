import { FormatError, UnsupportedModelError } from '../errors.ts'
import { blockTypeNamed, type Container } from '../quant/block-types.ts'
import { int4Container, int8Container } from '../quant/quantise.ts'
import type { Architecture, LayerRole, ModelRole, TensorNames } from '../architectures/architectures.ts'
import type { SourceTensor, TensorSource } from '../formats/tensor-source.ts'
import type { ModelConfig, Quantization, TensorEntry } from '../types.ts'

export const TENSOR_ALIGNMENT = 4096

/** A tensor of the source that becomes rows of a stored one. */
export interface SourceRows {
  readonly tensor: SourceTensor
  readonly rows: number
  readonly columns: number
  /** Rows come in pairs (2i, 2i + 1) within a head of so many rows, and go to (i, i + half): llama.cpp's order undone. */
  readonly unpairHead?: number
}

/** How one stored tensor is made: rows of the sources one after another; null stands for that many zeros of a bias. */
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
}

type Matrix = { readonly name: string, readonly sources: readonly SourceRows[] }

/** Says how each part of a model is laid out and made, from shapes alone. @throws {FormatError} for a tensor that is missing or has another shape */
export function planImport (request: PlanRequest): ImportPlan {
  const { config, names, source } = request
  const remarks = new Set<string>()
  const planner = partPlanner(request, remarks)
  const find = (name: string, shape: readonly number[]): SourceTensor => {
    const tensor = source.info(name)
    if (tensor == null) {
      throw new FormatError(`tensor ${name} is missing`)
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
  const norm = vector('norm', [{ tensor: model('norm', [hiddenSize]), rows: 1, columns: hiddenSize }])
  const head = planner('the head', [norm], config.tiedEmbedding ? [] : [matrixOf('head', model('head', [vocabSize, hiddenSize]))], true)
  return { embedding, layers, head, remarks: [...remarks] }
}

const matrixOf = (name: string, tensor: SourceTensor, unpairHead?: number): Matrix => {
  const [rows = 0, columns = 0] = tensor.shape
  return { name, sources: [{ tensor, rows, columns, ...(unpairHead == null ? {} : { unpairHead }) }] }
}

type Vector = { readonly name: string, readonly sources: TensorPlan['sources'] }

const vector = (name: string, sources: TensorPlan['sources']): Vector => ({ name, sources })

type Find = (name: string, shape: readonly number[]) => SourceTensor

function planLayer ({ config, names, source, architecture, permutedHeads }: PlanRequest, layer: number, find: Find, planner: PartPlanner): PartPlan {
  const { hiddenSize, intermediateSize, headDim } = config
  const qRows = config.headCount * headDim
  const kvRows = config.kvHeadCount * headDim
  const nameOf = (role: LayerRole): string => names.layer[role].replace('{layer}', String(layer))
  const unpair = permutedHeads ? headDim : undefined
  const matrix = (name: string, role: LayerRole, rows: number, columns: number, unpairHead?: number): Matrix =>
    matrixOf(name, find(nameOf(role), [rows, columns]), unpairHead)
  const norm = (role: LayerRole, size: number): Vector => vector(role, [{ tensor: find(nameOf(role), [size]), rows: 1, columns: size }])

  /** Biases that some of the fused matrices have, zeros for the others; nothing where none has one. */
  const bias = (name: string, roles: ReadonlyArray<readonly [role: LayerRole, size: number, unpairHead?: number | undefined]>): Vector[] =>
    roles.some(([role]) => source.info(nameOf(role)) != null)
      ? [vector(name, roles.map(([role, size, unpairHead]) => source.info(nameOf(role)) == null
        ? { zeros: size }
        // a permuted bias counts as rows of one value
        : { tensor: find(nameOf(role), [size]), rows: unpairHead == null ? 1 : size, columns: unpairHead == null ? size : 1, ...(unpairHead == null ? {} : { unpairHead }) }))]
      : []

  return planner(`layer ${layer}`, [
    norm('attnNorm', hiddenSize),
    ...bias('qkvBias', [['qBias', qRows, unpair], ['kBias', kvRows, unpair], ['vBias', kvRows]]),
    ...(architecture.headNorms ? [norm('qNorm', headDim), norm('kNorm', headDim)] : []),
    ...bias('oBias', [['oBias', hiddenSize]]),
    norm('mlpNorm', hiddenSize),
    ...bias('gateUpBias', [['gateBias', intermediateSize], ['upBias', intermediateSize]]),
    ...bias('downBias', [['downBias', hiddenSize]])
  ], [
    ...fused('qkv', [matrix('q', 'q', qRows, hiddenSize, unpair), matrix('k', 'k', kvRows, hiddenSize, unpair), matrix('v', 'v', kvRows, hiddenSize)]),
    matrix('o', 'o', hiddenSize, qRows),
    ...fused('gateUp', [matrix('gate', 'gate', intermediateSize, hiddenSize), matrix('up', 'up', intermediateSize, hiddenSize)]),
    matrix('down', 'down', hiddenSize, intermediateSize)
  ], false)
}

/** One matrix where all have the same type, as one product is quicker than three; else each by itself. */
function fused (name: string, matrices: readonly Matrix[]): readonly Matrix[] {
  const sources = matrices.flatMap((matrix) => matrix.sources)
  return sources.every(({ tensor }) => tensor.type === sources[0]?.tensor.type) ? [{ name, sources }] : matrices
}

type PartPlanner = (label: string, vectors: readonly Vector[], matrices: readonly Matrix[], wholeVocabulary: boolean) => PartPlan

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
    for (const { name, sources } of matrices) {
      const [first] = sources
      const rows = sources.reduce((sum, part) => sum + part.rows, 0)
      const columns = first?.columns ?? 0
      const storage = storageOf(first?.tensor.type ?? '', columns, quantization, wholeVocabulary, remarks)
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

/** What a matrix of a source type is stored as. */
function storageOf (typeName: string, columns: number, quantization: Quantization, wholeVocabulary: boolean, remarks: Set<string>): Container | { readonly dtype: 'f32' | 'f16' } {
  const type = blockTypeNamed(typeName)
  if (type == null) {
    throw new UnsupportedModelError(`tensors of type ${typeName} are not supported; Shoal imports F32, F16, BF16 and GGUF's Q types`)
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
      remarks.add(`${typeName} is stored as ${quantization}`)
      return { dtype: quantization }
    case 'int8':
    case 'int4': {
      // four bits for a vocabulary cost more in quality than they save
      const container = quantization === 'int4' && !wholeVocabulary ? int4Container : int8Container
      if (columns % container.block !== 0) {
        remarks.add(`rows of ${columns} values are no whole blocks of ${container.block} and stay f32`)
        return { dtype: 'f32' }
      }
      remarks.add(`${typeName} is requantised to int${container.bits}`)
      return container
    }
  }
}
