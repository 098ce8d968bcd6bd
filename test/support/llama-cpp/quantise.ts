/** Values as llama.cpp stores them: bytes of a row, and what those bytes mean. After quantize_row_…_ref and dequantize_row_… of ggml-quants.c. */
import { f32ArrayToF16, f32ToF16, f16ToF32 } from '../../../src/model/index.ts'
import type { GgufTensor } from '../../../scripts/bench/gguf-writer.ts'

export type StoredType = GgufTensor['type']

const BLOCK = 32
/** What four bits of MXFP4 mean, without their sign. */
const FP4 = [0, 0.5, 1, 1.5, 2, 3, 4, 6]

/** Bytes of values in a type; rows are whole blocks. */
export function stored (values: Float32Array, type: StoredType): Uint8Array {
  switch (type) {
    case 'F32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    case 'F16': {
      const halves = new Uint16Array(values.length)
      f32ArrayToF16(values, halves)
      return new Uint8Array(halves.buffer)
    }
    case 'BF16':
      // of values that have no more bits
      return new Uint8Array(Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16).buffer)
    case 'Q8_0':
      return blocks(values, 34, q80)
    case 'MXFP4':
      return blocks(values, 17, mxfp4)
    case 'Q4_0':
      throw new Error('not needed')
  }
}

/** The values that a type keeps of these. */
export function rounded (values: Float32Array, type: 'Q8_0' | 'MXFP4'): Float32Array {
  const bytes = stored(values, type)
  const size = type === 'Q8_0' ? 34 : 17
  return values.map((_, index) => {
    const at = Math.floor(index / BLOCK) * size
    const within = index % BLOCK
    if (type === 'Q8_0') {
      return f16ToF32((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8) * ((bytes[at + 2 + within] ?? 0) << 24 >> 24)
    }
    const code = ((bytes[at + 1 + within % 16] ?? 0) >>> (within < 16 ? 0 : 4)) & 15
    return 2 ** ((bytes[at] ?? 0) - 127) * (FP4[code & 7] ?? 0) * (code < 8 ? 1 : -1)
  })
}

function blocks (values: Float32Array, size: number, write: (block: Float32Array, out: Uint8Array) => void): Uint8Array {
  const out = new Uint8Array(values.length / BLOCK * size)
  for (let block = 0; block < values.length / BLOCK; block++) {
    write(values.subarray(block * BLOCK, (block + 1) * BLOCK), out.subarray(block * size, (block + 1) * size))
  }
  return out
}

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** One float16 scale, then 32 signed bytes. */
function q80 (block: Float32Array, out: Uint8Array): void {
  const scale = largest(block) / 127
  const bits = f32ToF16(scale)
  out.set([bits & 255, bits >>> 8])
  block.forEach((value, index) => { out[2 + index] = scale === 0 ? 0 : Math.round(value / scale) })
}

/** One power of two, then 32 nibbles: low ones are the first half. */
function mxfp4 (block: Float32Array, out: Uint8Array): void {
  const most = largest(block)
  const exponent = most === 0 ? 0 : Math.floor(Math.log2(most)) - 2 + 127
  out[0] = exponent
  block.forEach((value, index) => {
    const size = Math.abs(value) / 2 ** (exponent - 127)
    const code = FP4.reduce((best, each, at) => Math.abs(each - size) < Math.abs((FP4[best] ?? 0) - size) ? at : best, 0) | (value < 0 ? 8 : 0)
    out[1 + index % 16] = (out[1 + index % 16] ?? 0) | (index < 16 ? code : code << 4)
  })
}
