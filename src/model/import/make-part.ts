import { blockTypeNamed, type Container } from '../quant/block-types.ts'
import { dequantiseRows, packRows, type PackedRows } from '../quant/container.ts'
import { asFloat32, asUint16, bf16ArrayToF32, f16ArrayToF32, f32ArrayToF16 } from '../quant/float.ts'
import { quantiseRows } from '../quant/quantise.ts'
import { FormatError } from '../errors.ts'
import type { HeadOrder, PartPlan, SourceRows, TensorPlan } from './plan-types.ts'
import type { TensorSource } from '../formats/tensor-source.ts'
import type { BlockTensor, DenseTensor } from '../types.ts'

/** Values of rows that are in memory at once. */
const VALUES_AT_ONCE = 1024 * 1024
/** Scales and minimums of one matrix that are in memory at once. Larger ones (a vocabulary's) are made by reading the source again. */
const SIDE_VALUES = 16 * 1024 * 1024

/** Bytes of a blob, in order of offset; what lies between is zero. */
export interface Chunk {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Makes a part's bytes from its source in blocks of rows. Memory: a few blocks, and up to `SIDE_VALUES` scales and minimums. */
export async function * makePart (plan: PartPlan, source: TensorSource, sideValues = SIDE_VALUES): AsyncGenerator<Chunk> {
  for (const tensor of plan.tensors) {
    yield * tensor.entry.kind === 'dense' ? makeDense(tensor, tensor.entry, source) : makeBlocks(tensor, tensor.entry, source, sideValues)
  }
}

interface RowBlock {
  readonly part: SourceRows
  readonly rows: number
  readonly bytes: Uint8Array
}

/** Rows of the sources one after another, as many at once as memory allows, in the order in which they are stored. */
async function * rowBlocks (sources: TensorPlan['sources'], source: TensorSource): AsyncGenerator<RowBlock | { readonly zeros: number }> {
  for (const part of sources) {
    if ('zeros' in part) {
      yield part
      continue
    }
    if (part.transposed !== undefined) {
      yield { part, rows: part.rows, bytes: await columns(part, part.transposed, source) }
      continue
    }
    const unit = part.heads?.rows ?? 1
    const most = Math.max(unit, Math.floor(VALUES_AT_ONCE / part.columns / unit) * unit)
    const rowBytes = part.tensor.rowBytes * part.columns / (part.tensor.shape.at(-1) ?? 1)
    for (let first = 0; first < part.rows; first += most) {
      const rows = Math.min(most, part.rows - first)
      const bytes = part.tensor.shape.length === 1 && part.rows > 1
        ? (await source.rows(part.tensor.name, 0, 1)).subarray(first * rowBytes, (first + rows) * rowBytes)
        : await source.rows(part.tensor.name, (part.first ?? 0) + first, rows)
      yield { part, rows, bytes: part.heads == null ? bytes : reorder(bytes, rowBytes, part.heads) }
    }
  }
}

/** Columns of a tensor as rows: all of its rows that are needed are read at once, as one expert's matrix is not large. */
async function columns ({ tensor, first = 0, rows, columns: count }: SourceRows, { offset, step }: NonNullable<SourceRows['transposed']>, source: TensorSource): Promise<Uint8Array> {
  const wide = tensor.shape.at(-1) ?? 1
  const bytes = await source.rows(tensor.name, first, count)
  const size = tensor.rowBytes / wide
  const out = new Uint8Array(rows * count * size)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < count; column++) {
      const from = (column * wide + offset + step * row) * size
      for (let byte = 0; byte < size; byte++) {
        out[(row * count + column) * size + byte] = bytes[from + byte] ?? 0
      }
    }
  }
  return out
}

function reorder (bytes: Uint8Array, rowBytes: number, heads: HeadOrder): Uint8Array {
  const out = new Uint8Array(bytes.byteLength)
  const rows = bytes.byteLength / rowBytes
  for (let row = 0; row < rows; row++) {
    const within = row % heads.rows
    const stored = row - within + heads.from(within)
    out.set(bytes.subarray(stored * rowBytes, (stored + 1) * rowBytes), row * rowBytes)
  }
  return out
}

/** Values of raw rows as float32. */
function widen (typeName: string, bytes: Uint8Array, rows: number, columns: number): Float32Array {
  const type = blockTypeNamed(typeName)
  const values = new Float32Array(rows * columns)
  if (type?.blocks != null) {
    dequantiseRows(type.blocks.container, rows, columns, packRows(type, bytes, rows, columns), values)
  } else if (typeName === 'F32') {
    values.set(asFloat32(bytes))
  } else if (typeName === 'F16') {
    f16ArrayToF32(asUint16(bytes), values)
  } else {
    bf16ArrayToF32(asUint16(bytes), values)
  }
  return values
}

async function * makeDense ({ sources }: TensorPlan, entry: DenseTensor, source: TensorSource): AsyncGenerator<Chunk> {
  let offset = entry.data.offset
  for await (const block of rowBlocks(sources, source)) {
    const bytes = 'zeros' in block ? new Uint8Array(block.zeros * 4) : denseBytes(entry, block)
    yield { offset, bytes }
    offset += bytes.byteLength
  }
}

function denseBytes (entry: DenseTensor, { part, rows, bytes }: RowBlock): Uint8Array {
  const { plus } = part
  if (part.tensor.type.toLowerCase() === entry.dtype && plus === undefined) {
    return bytes
  }
  const values = widen(part.tensor.type, bytes, rows, part.columns)
  if (plus !== undefined) {
    values.forEach((value, index) => { values[index] = value + plus })
  }
  if (entry.dtype === 'f32') {
    return new Uint8Array(values.buffer)
  }
  const halves = new Uint16Array(values.length)
  f32ArrayToF16(values, halves)
  if (halves.some((half) => (half & 0x7c00) === 0x7c00)) {
    throw new FormatError(`tensor ${part.tensor.name} has values beyond float16; use --quant f32, int8 or int4`)
  }
  return new Uint8Array(halves.buffer)
}

async function * makeBlocks ({ sources }: TensorPlan, entry: BlockTensor, source: TensorSource, sideValues: number): AsyncGenerator<Chunk> {
  const [rows, columns] = entry.shape
  const runs = columns / entry.block
  const { data, scales, minimums } = entry
  const packed = (): AsyncGenerator<PackedRows & { readonly row: number, readonly rows: number }> => packedRows(sources, entry, source)
  if (rows * runs * (minimums == null ? 1 : 2) <= sideValues) {
    const allScales = new Float32Array(rows * runs)
    const allMinimums = new Float32Array(minimums == null ? 0 : rows * runs)
    for await (const block of packed()) {
      yield { offset: data.offset + block.row * columns * entry.bits / 8, bytes: block.data }
      allScales.set(block.scales, block.row * runs)
      transposeInto(allMinimums, rows, block, runs, 0)
    }
    yield { offset: scales.offset, bytes: bytesOf(allScales) }
    yield * minimums == null ? [] : [{ offset: minimums.offset, bytes: bytesOf(allMinimums) }]
    return
  }
  for await (const block of packed()) {
    yield { offset: data.offset + block.row * columns * entry.bits / 8, bytes: block.data }
  }
  for await (const block of packed()) {
    yield { offset: scales.offset + block.row * runs * 4, bytes: bytesOf(block.scales) }
  }
  const most = Math.max(1, Math.floor(sideValues / rows))
  for (let first = 0; minimums != null && first < runs; first += most) {
    const some = new Float32Array(Math.min(most, runs - first) * rows)
    for await (const block of packed()) {
      transposeInto(some, rows, block, runs, first)
    }
    yield { offset: minimums.offset + first * rows * 4, bytes: bytesOf(some) }
  }
}

const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** A matrix's rows in its container, block after block. */
async function * packedRows (sources: TensorPlan['sources'], { bits, block, minimums }: BlockTensor, source: TensorSource): AsyncGenerator<PackedRows & { readonly row: number, readonly rows: number }> {
  let row = 0
  for await (const rowBlock of rowBlocks(sources, source)) {
    if (!('zeros' in rowBlock)) {
      yield { row, rows: rowBlock.rows, ...packBlock({ bits, block, hasMinimum: minimums != null }, rowBlock) }
      row += rowBlock.rows
    }
  }
}

function packBlock (container: Container, { part, rows, bytes }: RowBlock): PackedRows {
  const type = blockTypeNamed(part.tensor.type)
  const own = type?.blocks?.container
  const keeps = own != null && own.bits === container.bits && own.block === container.block && own.hasMinimum === container.hasMinimum
  return type != null && keeps
    ? packRows(type, bytes, rows, part.columns)
    : quantiseRows(widen(part.tensor.type, bytes, rows, part.columns), rows, part.columns, container)
}

/** Of the block's minimums `[rows, runs]` as many runs from `first` as `target` `[some runs, allRows]` holds, into the columns of its rows. */
function transposeInto (target: Float32Array, allRows: number, { row, rows, minimums }: Pick<PackedRows, 'minimums'> & { readonly row: number, readonly rows: number }, runs: number, first: number): void {
  if (minimums == null) {
    return
  }
  for (let run = 0; run < target.length / allRows; run++) {
    for (let index = 0; index < rows; index++) {
      target[run * allRows + row + index] = minimums[index * runs + first + run] ?? 0
    }
  }
}
