/** Models in memory, and what an import makes of them as plain numbers. */
import { dequantiseRows, f16ArrayToF32, asFloat32, asUint16, makePart, type PartPlan, type SourceTensor, type TensorSource } from '../../../src/model/index.ts'
import { blockTypeNamed } from '../../../src/model/quant/block-types.ts'
import { fixture } from '../formats/files.ts'

interface MemoryTensor extends SourceTensor {
  readonly bytes: Uint8Array
}

export const memorySource = (tensors: readonly MemoryTensor[]): TensorSource => {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  return {
    names: () => byName.keys(),
    info: (name) => byName.get(name),
    rows: async (name, first, count) => {
      const tensor = byName.get(name)
      const bytes = tensor?.bytes.subarray(first * tensor.rowBytes, (first + count) * tensor.rowBytes)
      return await Promise.resolve(bytes ?? new Uint8Array())
    }
  }
}

/** Values that differ from tensor to tensor and from place to place. */
export function floats (name: string, ...shape: number[]): MemoryTensor {
  const size = shape.reduce((product, length) => product * length, 1)
  const seed = Array.from(name).reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 9973, 7)
  const values = Float32Array.from({ length: size }, (_, index) => Math.sin(seed + index * 1.7))
  return { name, type: 'F32', shape, rowBytes: (shape.at(-1) ?? 1) * 4, bytes: new Uint8Array(values.buffer) }
}

/** A matrix of a GGML type out of the blocks that the fixtures have, over and over from a place that depends on the name. */
export function blocks (name: string, typeName: string, rows: number, columns: number): MemoryTensor {
  const type = blockTypeNamed(typeName)
  if (type == null) {
    throw new Error(typeName)
  }
  const raw = fixture(`gguf-blocks/${typeName}.bin`)
  const rowBytes = columns / type.elements * type.bytes
  const bytes = new Uint8Array(rows * rowBytes)
  for (let at = 0, block = name.length; at < bytes.length; at += type.bytes, block = (block * 5 + 3) % 8) {
    bytes.set(raw.subarray(block * type.bytes, (block + 1) * type.bytes), at)
  }
  return { name, type: typeName, shape: [rows, columns], rowBytes, bytes }
}

/** A part's blob. */
export async function blobOf (plan: PartPlan, source: TensorSource, sideValues?: number): Promise<Uint8Array> {
  const blob = new Uint8Array(plan.size)
  let end = 0
  for await (const { offset, bytes } of makePart(plan, source, sideValues)) {
    if (offset < end) {
      throw new Error(`${offset} lies before ${end}`)
    }
    blob.set(bytes, offset)
    end = offset + bytes.byteLength
  }
  return blob
}

/** The values of every tensor of a blob, by name. */
export function valuesOf (plan: PartPlan, blob: Uint8Array): Map<string, Float32Array> {
  const range = ({ offset, length }: { offset: number, length: number }): Uint8Array => blob.subarray(offset, offset + length)
  return new Map(plan.tensors.map(({ entry }) => {
    const values = new Float32Array(entry.shape.reduce((product, length) => product * length, 1))
    if (entry.kind === 'dense') {
      if (entry.dtype === 'f32') {
        values.set(asFloat32(range(entry.data)))
      } else {
        f16ArrayToF32(asUint16(range(entry.data)), values)
      }
    } else {
      const [rows, columns] = entry.shape
      const minimums = entry.minimums == null ? undefined : asFloat32(range(entry.minimums))
      // minimums are stored transposed
      dequantiseRows(entry, rows, columns, { data: range(entry.data), scales: asFloat32(range(entry.scales)), minimums }, values, { minimumRow: 1, minimumRun: rows })
    }
    return [entry.name, values]
  }))
}
