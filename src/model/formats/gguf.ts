import { FormatError, UnsupportedModelError } from '../errors.ts'
import { blockTypeOf, blockTypeNames } from '../quant/block-types.ts'
import { ggufReader, type GgufReader, type GgufValue } from './gguf-reader.ts'
import { elementsOf, type SourceTensor, type TensorSource } from './tensor-source.ts'
import type { ByteSource } from '../types.ts'

export interface GgufFile extends TensorSource {
  readonly metadata: ReadonlyMap<string, GgufValue>
}

const MAGIC = 0x46554747
const MAX_DIMENSIONS = 4
const MAX_NAME_LENGTH = 256
const DEFAULT_ALIGNMENT = 32
/** Bytes of the smallest possible metadata entry (key length, type, one byte) and tensor entry. */
const MIN_ENTRY_BYTES = 13
const MIN_TENSOR_BYTES = 32

interface Entry extends SourceTensor {
  readonly offset: number
  readonly bytes: number
}

/**
 * Reads a GGUF file's metadata and tensor table (versions 2 and 3, little-endian); bytes of tensors are read when they are
 * asked for. @throws {FormatError} for a malformed file @throws {UnsupportedModelError} for a sound one that Shoal does not read
 */
export async function readGguf (source: ByteSource): Promise<GgufFile> {
  const reader = ggufReader(source)
  const { tensorCount, valueCount } = await readPreamble(reader)
  const metadata = await readMetadata(reader, valueCount)
  const alignment = alignmentOf(metadata)
  const entries: Entry[] = []
  for (let index = 0; index < tensorCount; index++) {
    entries.push(await readEntry(reader, alignment))
  }
  const dataStart = Math.ceil(reader.position / alignment) * alignment
  const tensors = checkLayout(entries, source.size - dataStart)
  return {
    metadata,
    names: () => tensors.keys(),
    info: (name) => tensors.get(name),
    rows: async (name, first, count) => {
      const tensor = tensors.get(name)
      const length = count * (tensor?.rowBytes ?? 0)
      if (tensor == null || first < 0 || count < 0 || first * tensor.rowBytes + length > tensor.bytes) {
        throw new FormatError(`tensor ${name} has no rows ${first} to ${first + count}`)
      }
      return await source.read(dataStart + tensor.offset + first * tensor.rowBytes, length)
    }
  }
}

async function readPreamble (reader: GgufReader): Promise<{ tensorCount: number, valueCount: number }> {
  const magic = await reader.u32()
  if (magic !== MAGIC) {
    throw new FormatError('this is no GGUF file: it does not begin with "GGUF"')
  }
  const version = await reader.u32()
  if (version >= 0x10000 && (version & 0xffff) === 0) {
    throw new FormatError('this GGUF file is big-endian; Shoal reads little-endian ones')
  }
  if (version !== 2 && version !== 3) {
    throw new FormatError(`GGUF version ${version} is unknown; Shoal reads versions 2 and 3`)
  }
  const tensorCount = await reader.count('the tensor table', MIN_TENSOR_BYTES)
  return { tensorCount, valueCount: await reader.count('the metadata', MIN_ENTRY_BYTES) }
}

async function readMetadata (reader: GgufReader, count: number): Promise<Map<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>()
  for (let index = 0; index < count; index++) {
    const key = await reader.string('a metadata key')
    if (metadata.has(key)) {
      throw new FormatError(`the GGUF metadata has the key ${key} twice`)
    }
    metadata.set(key, await reader.value(key))
  }
  return metadata
}

function alignmentOf (metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT
  if (typeof alignment !== 'number' || alignment < 1 || alignment > 65_536 || !Number.isInteger(Math.log2(alignment))) {
    throw new FormatError(`general.alignment is ${String(alignment)}; it has to be a power of two`)
  }
  return alignment
}

async function readEntry (reader: GgufReader, alignment: number): Promise<Entry> {
  const name = await reader.string('a tensor name')
  if (name.length > MAX_NAME_LENGTH) {
    throw new FormatError(`a tensor name in the GGUF file is ${name.length} characters long`)
  }
  const dimensions = await reader.u32()
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new FormatError(`tensor ${name} says it has ${dimensions} dimensions; GGUF allows 1 to ${MAX_DIMENSIONS}`)
  }
  const shape: number[] = []
  for (let index = 0; index < dimensions; index++) {
    const size = await reader.u64()
    if (size === 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new FormatError(`a dimension of tensor ${name} is ${size}`)
    }
    // the file's innermost dimension comes first
    shape.unshift(Number(size))
  }
  const typeId = await reader.u32()
  const offset = await reader.u64()
  const type = blockTypeOf(typeId)
  if (type == null) {
    throw new UnsupportedModelError(`tensor ${name} has GGUF type ${typeId}, which Shoal does not read; it reads ${blockTypeNames().join(', ')}`)
  }
  const columns = shape.at(-1) ?? 1
  if (columns % type.elements !== 0) {
    throw new FormatError(`rows of tensor ${name} have ${columns} elements, which is not a whole number of ${type.name} blocks of ${type.elements}`)
  }
  const rowBytes = columns / type.elements * type.bytes
  const bytes = elementsOf([...shape.slice(0, -1), rowBytes])
  if (offset % BigInt(alignment) !== 0n) {
    throw new FormatError(`tensor ${name} starts at ${offset}, which is not a multiple of the alignment ${alignment}`)
  }
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FormatError(`tensor ${name} starts at ${offset}, beyond the end of the file`)
  }
  return { name, type: type.name, shape, rowBytes, offset: Number(offset), bytes }
}

function checkLayout (entries: readonly Entry[], dataBytes: number): Map<string, Entry> {
  const tensors = new Map<string, Entry>()
  for (const entry of entries) {
    if (tensors.has(entry.name)) {
      throw new FormatError(`the GGUF file has two tensors named ${entry.name}`)
    }
    if (entry.offset + entry.bytes > dataBytes) {
      throw new FormatError(`tensor ${entry.name} ends at byte ${entry.offset + entry.bytes} of the data, but the GGUF file has only ${Math.max(0, dataBytes)}`)
    }
    tensors.set(entry.name, entry)
  }
  let end = 0
  for (const { name, offset, bytes } of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (offset < end) {
      throw new FormatError(`tensor ${name} overlaps another one in the GGUF file`)
    }
    end = offset + bytes
  }
  return tensors
}
