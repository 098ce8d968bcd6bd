import { z } from 'zod'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import { elementsOf, type SourceTensor, type TensorSource } from './tensor-source.ts'
import type { ByteSource } from '../types.ts'

/** The reference implementation's own bound. */
const MAX_HEADER_BYTES = 100_000_000
const MAX_INDEX_BYTES = 100_000_000

/** Bits of one value. Types that Shoal does not import are known by size, so that files that also hold such tensors can be read. */
const bitsOf: Readonly<Record<string, number>> = {
  F64: 64, F32: 32, F16: 16, BF16: 16, I64: 64, I32: 32, I16: 16, I8: 8, U64: 64, U32: 32, U16: 16, U8: 8, BOOL: 8, F8_E4M3: 8, F8_E5M2: 8
}

const tensorSchema = z.object({
  dtype: z.string().max(32),
  shape: z.array(z.int().nonnegative()).max(8),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()])
})

interface Located extends SourceTensor {
  readonly offset: number
  readonly bytes: number
}

/** Reads one file's table; bytes of tensors are read when they are asked for. @throws {FormatError} @throws {UnsupportedModelError} */
export async function readSafetensors (source: ByteSource): Promise<TensorSource> {
  if (source.size < 8) {
    throw new FormatError(`the safetensors file ends after ${source.size} bytes, inside the length of its header`)
  }
  const prefix = await source.read(0, 8)
  const headerBytes = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true)
  if (headerBytes > BigInt(Math.min(MAX_HEADER_BYTES, source.size - 8))) {
    throw new FormatError(`the safetensors file says that its header has ${headerBytes} bytes, but the file has ${source.size}`)
  }
  const dataStart = 8 + Number(headerBytes)
  const tensors = parseHeader(await source.read(8, Number(headerBytes)), source.size - dataStart)
  return tensorSource(tensors, async (offset, length) => await source.read(dataStart + offset, length))
}

function parseHeader (bytes: Uint8Array, dataBytes: number): Map<string, Located> {
  const header = parseJson(bytes, 'the header of the safetensors file')
  const tensors = new Map<string, Located>()
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') {
      tensors.set(name, locate(name, value, dataBytes))
    }
  }
  let end = 0
  for (const { name, offset, bytes } of [...tensors.values()].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (offset < end) {
      throw new FormatError(`tensor ${name} overlaps another one in the safetensors file`)
    }
    if (offset > end) {
      throw new FormatError(`the safetensors file has a hole of ${offset - end} bytes before tensor ${name}`)
    }
    end = offset + bytes
  }
  return tensors
}

function locate (name: string, value: unknown, dataBytes: number): Located {
  const parsed = tensorSchema.safeParse(value)
  if (!parsed.success) {
    throw new FormatError(`tensor ${name} has a malformed entry in the safetensors header`)
  }
  const { dtype, shape, data_offsets: [start, end] } = parsed.data
  const bits = bitsOf[dtype]
  if (bits == null) {
    throw new UnsupportedModelError(`tensor ${name} has type ${dtype}; Shoal imports F32, F16 and BF16 from safetensors`)
  }
  const bytes = elementsOf(shape) * bits / 8
  if (end - start !== bytes) {
    throw new FormatError(`tensor ${name} of ${dtype} [${shape.join(', ')}] needs ${bytes} bytes, its offsets give ${end - start}`)
  }
  if (end > dataBytes) {
    throw new FormatError(`tensor ${name} ends at byte ${end} of the data, but the safetensors file has only ${dataBytes}`)
  }
  return { name, type: dtype, shape, rowBytes: (shape.at(-1) ?? 1) * bits / 8, offset: start, bytes }
}

function parseJson (bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new FormatError(`${what} is not JSON`, { cause: error })
  }
  if (typeof value !== 'object' || value == null || Array.isArray(value)) {
    throw new FormatError(`${what} is not a JSON object`)
  }
  return value as Record<string, unknown> // checked: an object, and JSON's keys are strings
}

function tensorSource (tensors: ReadonlyMap<string, Located>, read: (offset: number, length: number) => Promise<Uint8Array>): TensorSource {
  return {
    names: () => tensors.keys(),
    info: (name) => tensors.get(name),
    rows: async (name, first, count) => {
      const tensor = tensors.get(name)
      const length = count * (tensor?.rowBytes ?? 0)
      if (tensor == null || first < 0 || count < 0 || first * tensor.rowBytes + length > tensor.bytes) {
        throw new FormatError(`tensor ${name} has no rows ${first} to ${first + count}`)
      }
      return await read(tensor.offset + first * tensor.rowBytes, length)
    }
  }
}

/**
 * Several files with an index, as large models have them.
 * @param index bytes of `model.safetensors.index.json`
 * @param open gives the file of a bare name; called once a file
 */
export async function readShardedSafetensors (index: Uint8Array, open: (file: string) => Promise<ByteSource>): Promise<TensorSource> {
  if (index.byteLength > MAX_INDEX_BYTES) {
    throw new FormatError(`the safetensors index has ${index.byteLength} bytes, more than any model needs`)
  }
  const weightMap = z.record(z.string(), z.string()).safeParse(parseJson(index, 'the safetensors index').weight_map)
  if (!weightMap.success) {
    throw new FormatError('the safetensors index has no weight_map from tensor names to files')
  }
  const sources = new Map<string, TensorSource>()
  for (const file of new Set(Object.values(weightMap.data))) {
    if (!/^[\w.-]+\.safetensors$/.test(file)) {
      throw new FormatError(`the safetensors index names the file ${JSON.stringify(file)}, which is no plain .safetensors name`)
    }
    sources.set(file, await readSafetensors(await open(file)))
  }
  const owners = new Map<string, TensorSource>()
  for (const [name, file] of Object.entries(weightMap.data)) {
    const owner = sources.get(file)
    if (owner?.info(name) == null) {
      throw new FormatError(`the safetensors index says that ${file} holds tensor ${name}, but it does not`)
    }
    owners.set(name, owner)
  }
  return {
    names: () => owners.keys(),
    info: (name) => owners.get(name)?.info(name),
    rows: async (name, first, count) => {
      const owner = owners.get(name)
      if (owner == null) {
        throw new FormatError(`there is no tensor ${name} in the safetensors index`)
      }
      return await owner.rows(name, first, count)
    }
  }
}
