import assert from 'node:assert/strict'
import fc from 'fast-check'
import { f32ToF16 } from '../../../src/model/index.ts'
import { wires } from '../../../src/pipeline/wire/index.ts'

const rows = fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 100), max: 2 ** 100 }), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 })

const encoded = (wire: 'f16' | 'f32', values: Float32Array, hidden: number): Uint8Array => {
  const count = values.length / hidden
  const payload = new Uint8Array(24 + wires[wire].bytes(count, hidden)).subarray(24)
  wires[wire].encode(values, count, hidden, payload)
  return payload
}

const decoded = (wire: 'f16' | 'f32', payload: Uint8Array, count: number, hidden: number): Float32Array => {
  const target = new Float32Array(count * hidden)
  wires[wire].decode(payload, count, hidden, target)
  return target
}

describe('wire', () => {
  it('carries float32 bit for bit', () => {
    fc.assert(fc.property(rows, (values) => {
      const flat = Float32Array.from(values.flat())
      assert.deepEqual(decoded('f32', encoded('f32', flat, 3), values.length, 3), flat)
    }))
  })

  it("keeps float16's eleven bits of a row's largest value, however large or small the row", () => {
    fc.assert(fc.property(rows, (values) => {
      const flat = Float32Array.from(values.flat())
      const back = decoded('f16', encoded('f16', flat, 3), values.length, 3)
      for (let row = 0; row < values.length; row++) {
        const largest = Math.max(...flat.subarray(row * 3, row * 3 + 3).map(Math.abs))
        for (let index = row * 3; index < row * 3 + 3; index++) {
          const error = Math.abs((back[index] ?? 0) - (flat[index] ?? 0))
          // half a unit in the last place of the value, or of the smallest half of the row's scale
          const bound = Math.max(Math.abs(flat[index] ?? 0) * 2 ** -11, largest * 2 ** -38, 2 ** -149)
          assert.ok(error <= bound, `${flat[index] ?? 0} became ${back[index] ?? 0}`)
        }
      }
    }), { numRuns: 500 })
  })

  it('rounds each scaled value to the nearest float16, ties to even', () => {
    fc.assert(fc.property(rows, (values) => {
      const flat = Float32Array.from(values.flat())
      const payload = encoded('f16', flat, 3)
      const words = new Uint16Array(payload.buffer, payload.byteOffset, payload.length / 2)
      const exponents = new Int16Array(payload.buffer, payload.byteOffset, values.length)
      for (const [index, value] of flat.entries()) {
        assert.equal(words[values.length + index], f32ToF16(value * 2 ** -(exponents[Math.floor(index / 3)] ?? 0)))
      }
    }), { numRuns: 500 })
  })

  it("brings a row's largest magnitude into [2^14, 2^15), and writes what the README shows", () => {
    const payload = encoded('f16', Float32Array.of(1, -0.5, 0, 0, 30_000, 1), 2)
    assert.equal(Buffer.from(payload).toString('hex'), 'f2ff' + '0000' + '0000' + '0074' + '00f0' + '0000' + '0000' + '5377' + '003c')
  })

  it('takes two bytes a value and two a row', () => {
    assert.equal(wires.f16.bytes(3, 100), 606)
    assert.equal(wires.f32.bytes(3, 100), 1200)
  })

  it('refuses to send what is not finite', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const wire of ['f16', 'f32'] as const) {
        assert.throws(() => encoded(wire, Float32Array.of(1, 2, 3, bad), 2), { name: 'NonFiniteError', message: /row 1/ })
      }
    }
  })

  it('refuses to take what is not finite, or what no sender writes', () => {
    const f32 = new Uint8Array(Float32Array.of(1, NaN).buffer)
    assert.throws(() => decoded('f32', f32, 1, 2), { name: 'NonFiniteError' })
    for (const half of [0x7c00, 0xfc00, 0x7e00, 0x7801]) {
      assert.throws(() => decoded('f16', new Uint8Array(Uint16Array.of(0, 0, half).buffer), 1, 2), { name: 'NonFiniteError' })
    }
    for (const exponent of [113, -164, 32_767, -32_768]) {
      assert.throws(() => decoded('f16', new Uint8Array(Int16Array.of(exponent, 0, 0).buffer), 1, 2), { name: 'NonFiniteError' })
    }
  })

  it('reads a payload at an odd address', () => {
    const payload = encoded('f16', Float32Array.of(1, 2), 2)
    const odd = new Uint8Array(payload.length + 1)
    odd.set(payload, 1)
    assert.deepEqual(decoded('f16', odd.subarray(1), 1, 2), Float32Array.of(1, 2))
  })
})
