import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { dequantiseRows } from '../../../src/model/quant/container.ts'
import { int4Container, int8Container, quantiseRows } from '../../../src/model/quant/quantise.ts'

/** Numbers that look like weights and are the same everywhere: a linear congruence, no `Math.sin`. */
function weights (length: number): Float32Array {
  let state = 1
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  })
}

describe('quantising', () => {
  for (const [container, digest] of [
    [int4Container, 'df4a3bb63f682789'],
    [int8Container, '429ee83bbf25d42d']
  ] as const) {
    const { bits } = container
    const roundTrip = (values: Float32Array, rows: number): Float32Array => {
      const found = new Float32Array(values.length)
      dequantiseRows(container, rows, values.length / rows, quantiseRows(values, rows, values.length / rows, container), found)
      return found
    }

    it(`stays within half a step of ${bits} bits, and within one beside the end of the range`, () => {
      fc.assert(fc.property(fc.float32Array({ minLength: 64, maxLength: 64, noNaN: true, min: -1e6, max: 1e6 }), (values) => {
        const found = roundTrip(values, 2)
        for (const row of [0, 1]) {
          const block = values.subarray(row * 32, row * 32 + 32)
          const largest = block.reduce((most, value) => Math.abs(value) > Math.abs(most) ? value : most, 0)
          const step = Math.abs(largest) / 2 ** (bits - 1)
          block.forEach((value, at) => {
            const opposite = value * Math.sign(largest) < -Math.abs(largest) + 1.5 * step
            // 2^-150: half of the smallest scale there is
            assert.ok(Math.abs((found[row * 32 + at] ?? NaN) - value) <= step * (opposite ? 1 : 0.5) * 1.0001 + 2 ** -150 * 2 ** bits, `${value}`)
          })
        }
      }))
    })

    it(`keeps the largest value of a block in ${bits} bits`, () => {
      const values = new Float32Array(32).fill(0.25)
      values[7] = -1.5
      assert.equal(roundTrip(values, 1)[7], -1.5)
    })

    it(`makes the same ${bits}-bit bytes everywhere`, () => {
      const { data, scales } = quantiseRows(weights(4096), 4, 1024, container)
      assert.equal(createHash('sha256').update(data).update(new Uint8Array(scales.buffer)).digest('hex').slice(0, 16), digest)
    })

    it(`stores zeros in ${bits} bits as zeros without a sign`, () => {
      assert.ok(quantiseRows(new Float32Array(32), 1, 32, container).scales.every((scale) => Object.is(scale, 0)))
      assert.deepEqual(roundTrip(new Float32Array(32), 1), new Float32Array(32))
    })

    it(`refuses to store what is no number in ${bits} bits`, () => {
      for (const value of [NaN, Infinity, -Infinity]) {
        const values = new Float32Array(32)
        values[31] = value
        assert.throws(() => quantiseRows(values, 1, 32, container), { name: 'FormatError', message: /not a finite number/ })
      }
    })
  }

  it('refuses rows that are no whole blocks', () => {
    assert.throws(() => quantiseRows(new Float32Array(80), 2, 40, int4Container), RangeError)
    assert.throws(() => quantiseRows(new Float32Array(32), 2, 32, int4Container), RangeError)
  })
})
