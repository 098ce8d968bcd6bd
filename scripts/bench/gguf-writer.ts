/** Writes a GGUF file, version 3, as far as the benchmarks and the tests need it. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

export type MetadataValue = string | boolean | readonly string[] | { readonly u32: number } | { readonly f32: number } | { readonly i32s: readonly number[] } | { readonly f32s: readonly number[] }

export interface GgufTensor {
  readonly name: string
  /** Rows first, as everywhere here; the file has them the other way round. */
  readonly shape: readonly number[]
  readonly type: keyof typeof types
  bytes (): Uint8Array
}

const ALIGNMENT = 32
const types = {
  F32: { id: 0, elements: 1, bytes: 4 },
  F16: { id: 1, elements: 1, bytes: 2 },
  BF16: { id: 30, elements: 1, bytes: 2 },
  Q4_0: { id: 2, elements: 32, bytes: 18 },
  Q8_0: { id: 8, elements: 32, bytes: 34 },
  MXFP4: { id: 39, elements: 32, bytes: 17 }
} as const

export function tensorBytes ({ shape, type }: Pick<GgufTensor, 'shape' | 'type'>): number {
  const { elements, bytes } = types[type]
  return shape.reduce((product, size) => product * size, 1) / elements * bytes
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const string = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([u64(bytes.length), bytes])
}
const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function encoded (value: MetadataValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([u32(8), string(value)])
  if (typeof value === 'boolean') return Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])])
  if ('u32' in value) return Buffer.concat([u32(4), u32(value.u32)])
  if ('f32' in value) return Buffer.concat([u32(6), f32(value.f32)])
  if ('i32s' in value) return Buffer.concat([u32(9), u32(5), u64(value.i32s.length), Buffer.from(Int32Array.from(value.i32s).buffer)])
  if ('f32s' in value) return Buffer.concat([u32(9), u32(6), u64(value.f32s.length), Buffer.from(Float32Array.from(value.f32s).buffer)])
  return Buffer.concat([u32(9), u32(8), u64(value.length), ...value.map(string)])
}

const padding = (bytes: number): Buffer => Buffer.alloc((ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT)

/** The header, up to where the tensors' bytes begin. */
export function ggufHeader (metadata: Readonly<Record<string, MetadataValue>>, tensors: readonly GgufTensor[]): Buffer {
  let offset = 0
  const entries = tensors.map((tensor) => {
    const { name, shape, type } = tensor
    const entry = Buffer.concat([string(name), u32(shape.length), ...[...shape].reverse().map(u64), u32(types[type].id), u64(offset)])
    const bytes = tensorBytes(tensor)
    offset += bytes + padding(bytes).length
    return entry
  })
  const header = Buffer.concat([
    Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length),
    ...Object.entries(metadata).flatMap(([key, value]) => [string(key), encoded(value)]),
    ...entries
  ])
  return Buffer.concat([header, padding(header.length)])
}

/** Tensors are made and written one after another. */
export async function writeGguf (path: string, metadata: Readonly<Record<string, MetadataValue>>, tensors: readonly GgufTensor[]): Promise<void> {
  const file = createWriteStream(path)
  file.write(ggufHeader(metadata, tensors))
  for (const tensor of tensors) {
    const bytes = tensor.bytes()
    if (bytes.byteLength !== tensorBytes(tensor)) throw new Error(`tensor ${tensor.name} has ${bytes.byteLength} bytes instead of ${tensorBytes(tensor)}`)
    if (!file.write(Buffer.concat([bytes, padding(bytes.byteLength)]))) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}
