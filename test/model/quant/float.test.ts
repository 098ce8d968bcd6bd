import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bf16ArrayToF32, f16ToF32, f32ArrayToF16, f32ToF16 } from '../../../src/model/quant/float.ts'

describe('16-bit floats', () => {
  it('widens and narrows every float16 to itself', () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = f16ToF32(bits)
      assert.equal(Number.isNaN(value) ? bits : f32ToF16(value), bits)
    }
  })

  it('narrows to the nearest, ties to even', () => {
    fc.assert(fc.property(fc.float({ noNaN: true, min: -65504, max: 65504 }), (value) => {
      const bits = f32ToF16(value)
      const found = Math.abs(f16ToF32(bits) - value)
      for (const other of [bits - 1, bits + 1]) {
        const distance = Math.abs(f16ToF32(other & 0xffff) - value)
        if (!(Number.isNaN(distance) || (value === 0))) {
          assert.ok(found < distance || (found === distance && (bits & 1) === 0) || (other & 0x7fff) > 0x7c00 || Math.sign(f16ToF32(other & 0xffff)) === -Math.sign(value))
        }
      }
    }), { numRuns: 2000 })
    assert.equal(f32ToF16(65_520), 0x7c00)
    assert.equal(f32ToF16(65_519.99), 0x7bff)
    assert.equal(f32ToF16(2 ** -25), 0)
    assert.equal(f32ToF16(2 ** -25 * 1.01), 1)
    assert.equal(f32ToF16(NaN) & 0x7e00, 0x7e00)
  })

  it('does whole arrays alike', () => {
    const values = Float32Array.of(0, -1.5, 1e-7, 70_000, 3.14159)
    const bits = new Uint16Array(5)
    f32ArrayToF16(values, bits)
    assert.deepEqual([...bits], [...values].map(f32ToF16))
    const wide = new Float32Array(2)
    bf16ArrayToF32(Uint16Array.of(0x3f80, 0xc0a0), wide)
    assert.deepEqual([...wide], [1, -5])
  })
})
