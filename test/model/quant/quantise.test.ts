import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dequantiseRows } from '../../../src/model/quant/container.ts'
import { int4Container, int8Container, quantiseRows } from '../../../src/model/quant/quantise.ts'

describe('quantising', () => {
  for (const container of [int4Container, int8Container]) {
    it(`stays within one step of ${container.bits} bits, and keeps the largest value of a block`, () => {
      fc.assert(fc.property(fc.float32Array({ minLength: 64, maxLength: 64, noNaN: true, min: -1e6, max: 1e6 }), (values) => {
        const packed = quantiseRows(values, 2, 32, container)
        const found = new Float32Array(64)
        dequantiseRows(container, 2, 32, packed, found)
        for (const row of [0, 1]) {
          const block = values.subarray(row * 32, row * 32 + 32)
          const largest = Math.max(...block.map(Math.abs))
          const step = largest / 2 ** (container.bits - 1)
          block.forEach((value, at) => {
            // the side opposite to the largest value ends one step early
            assert.ok(Math.abs((found[row * 32 + at] ?? NaN) - value) <= step * 1.001 + 1e-37, `${value}`)
          })
        }
      }))
    })
  }

  it('gives the same bytes each time', () => {
    const values = Float32Array.from({ length: 64 }, (_, at) => Math.sin(at))
    assert.deepEqual(quantiseRows(values, 1, 64, int4Container), quantiseRows(values, 1, 64, int4Container))
  })
})
