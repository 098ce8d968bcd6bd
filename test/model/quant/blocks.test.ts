import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { blockTypeNamed, blockTypeNames } from '../../../src/model/quant/block-types.ts'
import { dequantiseRows, packRows } from '../../../src/model/quant/container.ts'
import { asUint16, bf16ArrayToF32, f16ArrayToF32, asFloat32 } from '../../../src/model/quant/float.ts'

const folder = new URL('../../fixtures/gguf-blocks/', import.meta.url)
interface Index { types: Array<{ type: string, blockElements: number, elements: number, maxAbs: number, raw: string, values: string }> }
const index = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as Index

describe('block types', () => {
  for (const { type: name, elements, maxAbs, raw, values, blockElements } of index.types) {
    const type = blockTypeNamed(name)
    if (type == null) {
      continue
    }
    it(`${name} keeps its values in its container`, () => {
      const bytes = new Uint8Array(readFileSync(new URL(raw, folder)))
      const expected = asFloat32(new Uint8Array(readFileSync(new URL(values, folder))))
      const found = new Float32Array(elements)
      if (type.blocks == null) {
        (name === 'F16' ? f16ArrayToF32 : bf16ArrayToF32)(asUint16(bytes), found)
      } else {
        assert.equal(type.elements, blockElements)
        dequantiseRows(type.blocks.container, 1, elements, packRows(type, bytes, 1, elements), found)
      }
      for (let at = 0; at < elements; at++) {
        assert.ok(Math.abs((found[at] ?? NaN) - (expected[at] ?? NaN)) <= 1e-6 * maxAbs, `${name}[${at}]: ${found[at] ?? ''} instead of ${expected[at] ?? ''}`)
      }
    })
  }

  it('covers every type that is imported', () => {
    const covered = new Set(index.types.map(({ type }) => type))
    assert.deepEqual(blockTypeNames().filter((name) => name !== 'F32' && !covered.has(name)), [])
  })
})
