import assert from 'node:assert/strict'
import fc from 'fast-check'
import { blockTypeNamed, blockTypeNames, type BlockType } from '../../../src/model/quant/block-types.ts'
import { dequantiseRows, packRows } from '../../../src/model/quant/container.ts'
import { asFloat32, asUint16, bf16ArrayToF32, f16ArrayToF32 } from '../../../src/model/quant/float.ts'
import { fixture } from '../formats/files.ts'

interface Index {
  types: Array<{ type: string, typeId: number, blockElements: number, blockBytes: number, elements: number, maxAbs: number, raw: string, values: string }>
}
const { types } = JSON.parse(new TextDecoder().decode(fixture('gguf-blocks/index.json'))) as Index
const read = types.flatMap((entry) => {
  const type = blockTypeNamed(entry.type)
  return type == null ? [] : [{ ...entry, type }]
})

function valuesOf (type: BlockType, bytes: Uint8Array, rows: number, columns: number): Float32Array {
  const values = new Float32Array(rows * columns)
  if (type.blocks != null) {
    dequantiseRows(type.blocks.container, rows, columns, packRows(type, bytes, rows, columns), values)
  } else {
    (type.name === 'F16' ? f16ArrayToF32 : bf16ArrayToF32)(asUint16(bytes), values)
  }
  return values
}

/** Types that have no bits for a scale that is no number, or keep them where the test below does not reach. */
const everyScaleIsFinite = new Set(['MXFP4', 'NVFP4', 'IQ1_M'])

describe('block types', () => {
  for (const { type, typeId, elements, blockElements, blockBytes, maxAbs, raw, values } of read) {
    it(`${type.name} keeps its values in its container`, () => {
      assert.deepEqual([type.id, type.elements, type.bytes], [typeId, blockElements, blockBytes])
      const expected = asFloat32(fixture(`gguf-blocks/${values}`))
      const found = valuesOf(type, fixture(`gguf-blocks/${raw}`), 1, elements)
      found.forEach((value, at) => {
        assert.ok(Math.abs(value - (expected[at] ?? NaN)) <= 1e-6 * maxAbs, `${type.name}[${at}]: ${value} instead of ${expected[at] ?? ''}`)
      })
    })

    it(`${type.name} has the same values in rows as in one run, in whatever rows it is cut`, () => {
      const bytes = fixture(`gguf-blocks/${raw}`)
      const whole = valuesOf(type, bytes, 1, elements)
      assert.deepEqual(valuesOf(type, bytes, 4, elements / 4), whole)
      const half = bytes.subarray(bytes.length / 2)
      assert.deepEqual(valuesOf(type, half, 2, elements / 4), whole.subarray(elements / 2))
    })
  }

  it('are all the types that are imported', () => {
    const covered = new Set(types.map(({ type }) => type))
    assert.deepEqual(blockTypeNames().filter((name) => name !== 'F32' && !covered.has(name)), [])
    assert.equal(read.length, types.length)
  })

  it('refuse a scale that is no number', () => {
    for (const { type, raw, elements } of read.filter(({ type }) => type.blocks != null && !everyScaleIsFinite.has(type.name))) {
      const bytes = fixture(`gguf-blocks/${raw}`).slice()
      // wherever a type keeps its float16 scale, one of these is its high byte
      for (let at = 0; at < type.bytes; at++) {
        bytes[at] = 0x7f
      }
      assert.throws(() => packRows(type, bytes, 1, elements), { name: 'FormatError', message: new RegExp(`^a ${type.name} block`) })
    }
  })

  it('refuse bytes that are not the rows they are said to be', () => {
    const type = blockTypeNamed('Q4_0')
    assert.ok(type != null)
    assert.throws(() => packRows(type, new Uint8Array(18), 2, 32), RangeError)
    assert.throws(() => packRows(type, new Uint8Array(18), 2, 16), RangeError)
  })
})

describe('dequantising', () => {
  it('is scale · (q − zero point) + minimum, in MatMulNBits order, with minimums as a blob keeps them', () => {
    const shapes = fc.record({ rows: fc.integer({ min: 1, max: 4 }), runs: fc.integer({ min: 1, max: 3 }), block: fc.constantFrom(16, 32, 64) })
    fc.assert(fc.property(shapes, fc.constantFrom(4, 8), fc.boolean(), fc.infiniteStream(fc.nat(255)), ({ rows, runs, block }, bits, hasMinimum, bytes) => {
      const next = (): number => Number(bytes.next().value)
      const columns = runs * block
      const data = Uint8Array.from({ length: rows * columns * bits / 8 }, next)
      const scales = Float32Array.from({ length: rows * runs }, () => next() / 64 - 2)
      // [runs, rows], transposed
      const minimums = hasMinimum ? Float32Array.from({ length: rows * runs }, () => next() / 32 - 4) : undefined
      const found = new Float32Array(rows * columns)
      dequantiseRows({ bits, block }, rows, columns, { data, scales, minimums }, found, { minimumRow: 1, minimumRun: rows })
      found.forEach((value, at) => {
        const row = Math.floor(at / columns)
        const run = Math.floor(at % columns / block)
        const byte = data[bits === 8 ? at : at >>> 1] ?? NaN
        const q = bits === 8 ? byte - 128 : (at % 2 === 0 ? byte & 15 : byte >>> 4) - 8
        assert.equal(value, Math.fround((scales[row * runs + run] ?? NaN) * q + (minimums?.[run * rows + row] ?? 0)))
      })
    }), { numRuns: 100 })
  })
})
