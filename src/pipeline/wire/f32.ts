import { NonFiniteError, type WireCodec } from './types.ts'
import { asFloat32 } from '../../model/index.ts'

/** float32, row by row, nothing else. */
export const f32Wire: WireCodec = {
  bytes: (rows, hiddenSize) => rows * hiddenSize * 4,

  encode (source, rows, hiddenSize, target) {
    checkFinite(source, rows, hiddenSize)
    new Float32Array(target.buffer, target.byteOffset, rows * hiddenSize).set(source.subarray(0, rows * hiddenSize))
  },

  decode (payload, rows, hiddenSize, target) {
    target.set(asFloat32(payload))
    checkFinite(target, rows, hiddenSize)
  }
}

function checkFinite (values: Float32Array, rows: number, hiddenSize: number): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, rows * hiddenSize)
  for (let index = 0; index < bits.length; index++) {
    if (((bits[index] ?? 0) & 0x7f800000) === 0x7f800000) {
      throw new NonFiniteError(Math.floor(index / hiddenSize))
    }
  }
}
