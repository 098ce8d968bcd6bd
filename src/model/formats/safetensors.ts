import { z } from 'zod'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import { parseStrictJson } from './strict-json.ts'
import { elementsOf, rowRange, type LocatedTensor, type TensorSource } from './tensor-source.ts'
import type { ByteSource } from '../types.ts'

/** The reference implementation's own bound. */
const MAX_HEADER_BYTES = 100_000_000
const SUPPORTED = ['F32', 'F16', 'BF16']

/** Bytes of one value. Types that Shoal does not import are known by size, so that files that also hold such tensors can be read. */
const bytesOf: Readonly<Record<string, number>> = {
  C64: 8, F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1,
  F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1, F8_E4M3FNUZ: 1, F8_E5M2FNUZ: 1
}

const tensorSchema = z.object({
  dtype: z.string().max(32),
  shape: z.array(z.int().nonnegative()).max(8),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()])
})

/**
 * Reads one file's table; bytes of tensors are read when they are asked for. Asking for rows of a type other than F32, F16 and BF16
 * is refused by name. @throws {FormatError} for a malformed file @throws {UnsupportedModelError} for a type of unknown size
 */
export async function readSafetensors (source: ByteSource): Promise<TensorSource> {
  if (source.size < 8) {
    throw new FormatError(`the safetensors file ends after ${source.size} bytes, inside the length of its header`)
  }
  const prefix = await source.read(0, 8)
  const headerBytes = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true)
  if (headerBytes > BigInt(source.size - 8)) {
    throw new FormatError(`the safetensors file says that its header has ${headerBytes} bytes, but the file has ${source.size}`)
  }
  if (headerBytes > BigInt(MAX_HEADER_BYTES)) {
    throw new FormatError(`the safetensors file says that its header has ${headerBytes} bytes; the format allows ${MAX_HEADER_BYTES}`)
  }
  const dataStart = 8 + Number(headerBytes)
  const tensors = parseHeader(await source.read(8, Number(headerBytes)), source.size - dataStart)
  return {
    names: () => tensors.keys(),
    info: (name) => tensors.get(name),
    rows: async (name, first, count) => {
      const { offset, length } = rowRange(tensors, name, first, count)
      const type = tensors.get(name)?.type ?? ''
      if (!SUPPORTED.includes(type)) {
        throw new UnsupportedModelError(`tensor ${name} is stored as ${type}; Shoal imports ${SUPPORTED.join(', ')} from safetensors`)
      }
      return await source.read(dataStart + offset, length)
    }
  }
}

function parseHeader (bytes: Uint8Array, dataBytes: number): Map<string, LocatedTensor> {
  const tensors = new Map<string, LocatedTensor>()
  for (const [name, value] of Object.entries(parseStrictJson(bytes, 'the header of the safetensors file'))) {
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
  if (end < dataBytes) {
    throw new FormatError(`the safetensors file has ${dataBytes - end} bytes after its last tensor that belong to none`)
  }
  return tensors
}

function locate (name: string, value: unknown, dataBytes: number): LocatedTensor {
  const parsed = tensorSchema.safeParse(value)
  if (!parsed.success) {
    throw new FormatError(`tensor ${name} has a malformed entry in the safetensors header`)
  }
  const { dtype, shape, data_offsets: [start, end] } = parsed.data
  const bytesEach = bytesOf[dtype]
  if (bytesEach == null) {
    throw new UnsupportedModelError(`tensor ${name} is stored as ${dtype}, which Shoal does not know; it imports ${SUPPORTED.join(', ')} from safetensors`)
  }
  const bytes = elementsOf([...shape, bytesEach])
  if (end - start !== bytes) {
    throw new FormatError(`tensor ${name} of ${dtype} [${shape.join(', ')}] needs ${bytes} bytes, its offsets give ${end - start}`)
  }
  if (end > dataBytes) {
    throw new FormatError(`tensor ${name} ends at byte ${end} of the data, but the safetensors file has only ${dataBytes}`)
  }
  return { name, type: dtype, shape, rowBytes: (shape.at(-1) ?? 1) * bytesEach, offset: start, bytes }
}
