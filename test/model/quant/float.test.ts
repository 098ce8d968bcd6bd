import assert from 'node:assert/strict'
import fc from 'fast-check'
import { asFloat32, asUint16, bf16ArrayToF32, f16ArrayToF32, f16ToF32, f32ArrayToF16, f32ToF16 } from '../../../src/model/quant/float.ts'

/** Value of a float16 from its definition. */
function valueOf (bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 31
  const fraction = (bits & 0x3ff) / 1024
  return exponent === 31
    ? (fraction === 0 ? sign * Infinity : NaN)
    : sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15))
}

const everyHalf = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)

describe('16-bit floats', () => {
  it('gives every float16 its value, by itself and in an array', () => {
    const values = new Float32Array(65_536)
    f16ArrayToF32(everyHalf, values)
    for (const bits of everyHalf) {
      assert.ok(Object.is(f16ToF32(bits), valueOf(bits)), `${bits}`)
      assert.ok(Object.is(values[bits], valueOf(bits)), `${bits}`)
    }
  })

  it('narrows every float16 back to its bits', () => {
    const back = new Uint16Array(65_536)
    f32ArrayToF16(Float32Array.from(everyHalf, f16ToF32), back)
    for (const bits of everyHalf) {
      if (!Number.isNaN(f16ToF32(bits))) {
        assert.equal(f32ToF16(f16ToF32(bits)), bits)
        assert.equal(back[bits], bits)
      }
    }
  })

  it('rounds what lies between two float16 values to the nearer, a tie to the even one', () => {
    // 65,536 stands for the neighbour that infinity has instead of a number
    const upper = (bits: number): number => bits === 0x7bff ? 65_536 : f16ToF32(bits + 1)
    for (let bits = 0; bits < 0x7c00; bits++) {
      const low = f16ToF32(bits)
      const middle = (low + upper(bits)) / 2
      const even = bits & 1 ? bits + 1 : bits
      const step = 2 ** (Math.max(Math.floor(Math.log2(middle)), -126) - 23)
      for (const sign of [0, 0x8000]) {
        const signed = (value: number): number => sign === 0 ? value : -value
        assert.equal(f32ToF16(signed(middle)), sign | even)
        assert.equal(f32ToF16(signed(middle - step)), sign | bits)
        assert.equal(f32ToF16(signed(middle + step)), sign | bits + 1)
      }
    }
  })

  it('narrows any float32 alike by itself and in an array, to a neighbour that is not farther than half a step', () => {
    fc.assert(fc.property(fc.float32Array({ noNaN: true, maxLength: 50 }), (values) => {
      const bits = new Uint16Array(values.length)
      f32ArrayToF16(values, bits)
      values.forEach((value, at) => {
        const found = bits[at] ?? NaN
        assert.equal(f32ToF16(value), found)
        assert.equal(found >>> 15, Object.is(value, -0) || value < 0 ? 1 : 0)
        const error = Math.abs(f16ToF32(found) - value)
        assert.ok(Math.abs(value) >= 65_520 ? (found & 0x7fff) === 0x7c00 : error <= Math.max(2 ** -25, Math.abs(value) * 2 ** -11), `${value}`)
      })
    }), { numRuns: 500 })
  })

  it('keeps a NaN a NaN', () => {
    assert.ok(Number.isNaN(f16ToF32(f32ToF16(NaN))))
    // a signalling NaN whose payload lies in the bits that are dropped
    const [value = 0] = new Float32Array(Uint32Array.of(0x7f800001).buffer)
    assert.ok(Number.isNaN(f16ToF32(f32ToF16(value))))
  })

  it('widens bfloat16 exactly', () => {
    const wide = new Float32Array(4)
    bf16ArrayToF32(Uint16Array.of(0x3f80, 0xc0a0, 0x0001, 0xff80), wide)
    assert.deepEqual([...wide], [1, -5, 2 ** -133, -Infinity])
  })

  it('reads numbers from bytes that are not aligned', () => {
    const bytes = new Uint8Array(13)
    bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1)
    assert.deepEqual([...asFloat32(bytes.subarray(1, 9))], [1.5, -2])
    bytes.set(new Uint8Array(Uint16Array.of(7, 9).buffer), 3)
    assert.deepEqual([...asUint16(bytes.subarray(3, 7))], [7, 9])
  })
})
