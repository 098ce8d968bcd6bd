import { FormatError, UnsupportedModelError } from '../errors.ts'
import { blockTypeNames, blockTypeOf, unreadTypeName, type BlockType } from '../quant/block-types.ts'
import { ggufReader, type GgufReader, type GgufValue } from './gguf-reader.ts'
import { elementsOf, rowRange, type LocatedTensor, type TensorSource } from './tensor-source.ts'
import type { ByteSource } from '../types.ts'

export interface GgufFile extends TensorSource {
  readonly metadata: ReadonlyMap<string, GgufValue>
}

const MAGIC = 0x46554747
const MAX_DIMENSIONS = 4
const MAX_NAME_BYTES = 256
const MAX_KEY_BYTES = 65_535
const DEFAULT_ALIGNMENT = 32
/** Bytes of the smallest possible metadata entry (key length, type, one byte) and tensor entry. */
const MIN_ENTRY_BYTES = 13
const MIN_TENSOR_BYTES = 32
/** Real files have less than 100 keys and less than 3,000 tensors (experts of a layer are one tensor). */
const MAX_KEYS = 65_536
const MAX_TENSORS = 65_536

/**
 * Reads a GGUF file's metadata and tensor table (versions 2 and 3, little-endian); bytes of tensors are read when they are
 * asked for. @throws {FormatError} for a malformed file @throws {UnsupportedModelError} for a sound one that Shoal does not read
 */
export async function readGguf (source: ByteSource): Promise<GgufFile> {
  const reader = ggufReader(source)
  const { tensorCount, valueCount } = await readPreamble(reader)
  const metadata = await readMetadata(reader, valueCount)
  const alignment = alignmentOf(metadata)
  const entries: LocatedTensor[] = []
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
      const { offset, length } = rowRange(tensors, name, first, count)
      return await source.read(dataStart + offset, length)
    }
  }
}

async function readPreamble (reader: GgufReader): Promise<{ tensorCount: number, valueCount: number }> {
  const magic = await reader.u32('the magic number')
  if (magic !== MAGIC) {
    throw new FormatError('this is no GGUF file: it does not begin with "GGUF"')
  }
  const version = await reader.u32('the version')
  if (version >= 0x10000 && (version & 0xffff) === 0) {
    throw new FormatError('this GGUF file is big-endian; Shoal reads little-endian ones')
  }
  if (version !== 2 && version !== 3) {
    throw new FormatError(`GGUF version ${version} is unknown; Shoal reads versions 2 and 3`)
  }
  const tensorCount = await reader.count('the tensor table', MIN_TENSOR_BYTES, MAX_TENSORS)
  return { tensorCount, valueCount: await reader.count('the metadata', MIN_ENTRY_BYTES, MAX_KEYS) }
}

async function readMetadata (reader: GgufReader, count: number): Promise<Map<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>()
  for (let index = 0; index < count; index++) {
    const key = await reader.string('a metadata key', MAX_KEY_BYTES)
    if (metadata.has(key)) {
      throw new FormatError(`the GGUF metadata has the key ${key} twice`)
    }
    metadata.set(key, await reader.value(key))
  }
  return metadata
}

function alignmentOf (metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT
  if (typeof alignment !== 'number') {
    throw new FormatError(`general.alignment is a ${typeof alignment}; it has to be a 32-bit number`)
  }
  if (alignment < 8 || alignment > 65_536 || !Number.isInteger(Math.log2(alignment))) {
    throw new FormatError(`general.alignment is ${alignment}; it has to be a power of two from 8 to 65,536`)
  }
  return alignment
}

async function readEntry (reader: GgufReader, alignment: number): Promise<LocatedTensor> {
  const name = await reader.string('a tensor name', MAX_NAME_BYTES)
  const what = `the entry of tensor ${name}`
  const dimensions = await reader.u32(what)
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new FormatError(`tensor ${name} says it has ${dimensions} dimensions; GGUF allows 1 to ${MAX_DIMENSIONS}`)
  }
  const shape: number[] = []
  for (let index = 0; index < dimensions; index++) {
    const size = await reader.u64(what)
    if (size === 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new FormatError(`a dimension of tensor ${name} is ${size}`)
    }
    // the file's innermost dimension comes first
    shape.unshift(Number(size))
  }
  const type = typeOf(name, await reader.u32(what))
  const offset = await reader.u64(what)
  const columns = shape.at(-1) ?? 1
  if (columns % type.elements !== 0) {
    throw new FormatError(`rows of tensor ${name} have ${columns} elements, which is not a whole number of ${type.name} blocks of ${type.elements}`)
  }
  const rowBytes = columns / type.elements * type.bytes
  const bytes = elementsOf([...shape.slice(0, -1), rowBytes])
  if (bytes === Infinity) {
    throw new FormatError(`tensor ${name} of ${type.name} [${shape.join(', ')}] is larger than any file`)
  }
  if (offset % BigInt(alignment) !== 0n) {
    throw new FormatError(`tensor ${name} starts at ${offset}, which is not a multiple of the alignment ${alignment}`)
  }
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FormatError(`tensor ${name} starts at ${offset}, beyond the end of the file`)
  }
  return { name, type: type.name, shape, rowBytes, offset: Number(offset), bytes }
}

function typeOf (tensor: string, id: number): BlockType {
  const type = blockTypeOf(id)
  if (type != null) {
    return type
  }
  const name = unreadTypeName(id)
  if (name == null) {
    throw new FormatError(`tensor ${tensor} has type ${id}, which GGUF does not know (or no longer)`)
  }
  throw new UnsupportedModelError(`tensor ${tensor} is stored as ${name}, which Shoal does not read; it reads ${blockTypeNames().join(', ')}`)
}

function checkLayout (entries: readonly LocatedTensor[], dataBytes: number): Map<string, LocatedTensor> {
  const tensors = new Map<string, LocatedTensor>()
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
