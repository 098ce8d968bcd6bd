/** Conversions between float32 and the 16-bit floats, for whole arrays and single bit patterns. IEEE 754 rounding to nearest, ties to even. */

const scratch = new Float32Array(1)
const scratchBits = new Uint32Array(scratch.buffer)

/** The value of every float16 bit pattern: 256 KiB, a lookup is faster than the arithmetic. */
const f16Values = f16Table()

function f16Table (): Float32Array {
  const values = new Float32Array(65_536)
  const bits = new Uint32Array(values.buffer)
  for (let half = 0; half < 0x8000; half++) {
    if (half < 0x400) {
      values[half] = half * 2 ** -24
    } else {
      // the exponent's bias grows from 15 to 127; infinities and NaNs keep an exponent of ones
      bits[half] = half < 0x7c00 ? (half << 13) + 0x38000000 : half << 13 | 0x7f800000
    }
    bits[half | 0x8000] = (bits[half] ?? 0) | 0x80000000
  }
  return values
}

export function f16ToF32 (bits: number): number {
  return f16Values[bits] ?? NaN
}

/** Bits of the float16 nearest to `value`; beyond 65,519.99 infinity. */
export function f32ToF16 (value: number): number {
  scratch[0] = value
  return halfBits(scratchBits[0] ?? 0)
}

function halfBits (bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude >= 0x47800000) {
    return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00
  }
  if (magnitude >= 0x38800000) {
    // normal: drop 13 bits of fraction; a carry runs into the exponent, up to infinity, as it should
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  }
  if (magnitude < 0x33000000) {
    return sign
  }
  const shift = 126 - (magnitude >>> 23)
  const fraction = (magnitude & 0x7fffff) | 0x800000
  const half = fraction >>> shift
  const rest = fraction & ((1 << shift) - 1)
  const middle = 1 << (shift - 1)
  return sign | (rest > middle || (rest === middle && (half & 1) === 1) ? half + 1 : half)
}

/** Converts `source` into `target` (same length). */
export function f16ArrayToF32 (source: Uint16Array, target: Float32Array): void {
  for (let index = 0; index < source.length; index++) {
    target[index] = f16Values[source[index] ?? 0] ?? NaN
  }
}

/** Converts `source` into `target` (same length). */
export function f32ArrayToF16 (source: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length)
  for (let index = 0; index < bits.length; index++) {
    target[index] = halfBits(bits[index] ?? 0)
  }
}

/** Converts bfloat16 bit patterns into `target` (same length). Exact. */
export function bf16ArrayToF32 (source: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let index = 0; index < source.length; index++) {
    bits[index] = (source[index] ?? 0) << 16
  }
}

/** The same bytes as whole 16-bit numbers, copied only where they do not lie at an even address. */
export function asUint16 (bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 1)
}

/** The same bytes as float32, copied only where they are not aligned (`slice` would not copy a Buffer). */
export function asFloat32 (bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2)
}
