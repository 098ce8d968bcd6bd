import { UnsupportedModelError } from '../errors.ts'
import { blockTypeNamed, blockTypeNames, type Container } from '../quant/block-types.ts'
import { int4Container, int8Container } from '../quant/quantise.ts'
import type { Fusible, HeadOrder, Matrix, PartPlanner, PlanRequest, TensorPlan, Vector } from './plan-types.ts'
import type { SourceTensor } from '../formats/tensor-source.ts'
import type { Quantization, TensorEntry } from '../types.ts'

/** Of tensors in a blob, so that each can be mapped by itself. */
const TENSOR_ALIGNMENT = 4096

export const matrixOf = (name: string, tensor: SourceTensor, heads?: HeadOrder): Matrix => {
  const [rows = 0, columns = 0] = tensor.shape
  return { name, sources: [{ tensor, rows, columns, ...(heads == null ? {} : { heads }) }] }
}

export function vector (name: string, sources: TensorPlan['sources']): Vector {
  for (const part of sources) {
    const tensor = 'zeros' in part ? undefined : part.tensor
    if (tensor != null && (blockTypeNamed(tensor.type) == null || blockTypeNamed(tensor.type)?.blocks != null)) {
      throw new UnsupportedModelError(`tensor ${tensor.name} is stored as ${tensor.type}; norms and biases are imported from F32, F16 and BF16`)
    }
  }
  return { name, sources }
}

type Storage = Container | { readonly dtype: 'f32' | 'f16' }

/** Lays out parts: tensors one after another, each where a file can be mapped from. */
export function partPlanner ({ quantization }: PlanRequest, remarks: Set<string>): PartPlanner {
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
