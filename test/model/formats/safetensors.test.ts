import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FormatError, readSafetensors, UnsupportedModelError } from '../../../src/model/index.ts'
import { bytesSource, hugeSource } from './files.ts'

function file (header: unknown, data: number, headerBytes?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + data)
  new DataView(bytes.buffer).setBigUint64(0, headerBytes ?? BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const tensor = (dtype: string, shape: number[], start: number, end: number) => ({ dtype, shape, data_offsets: [start, end] })

describe('safetensors reader', () => {
  it('reads shapes and rows', async () => {
    const source = await readSafetensors(bytesSource(file({ a: tensor('F16', [3, 2], 0, 12), b: tensor('F32', [1], 12, 16), __metadata__: { format: 'pt' } }, 16)))
    assert.deepEqual([...source.names()], ['a', 'b'])
    assert.deepEqual(source.info('a')?.shape, [3, 2])
    assert.equal((await source.rows('a', 1, 2)).byteLength, 8)
    await assert.rejects(source.rows('a', 2, 2), FormatError)
  })

  const cases: Array<[string, Uint8Array, RegExp]> = [
    ['an empty file', new Uint8Array(0), /ends after 0 bytes/],
    ['a file that ends inside the length of its header', new Uint8Array(7), /ends after 7 bytes/],
    ['a header of 2^60 bytes', file({}, 0, 1n << 60n), /header has 1152921504606846976 bytes/],
    ['a header longer than the file', file({}, 0, 100n), /header has 100 bytes/],
    ['a header that is no JSON', file('{"a":', 0), /not JSON/],
    ['a header that is no object', file([1], 0), /not a JSON object/],
    ['a malformed entry', file({ a: { dtype: 'F32' } }, 0), /tensor a has a malformed entry/],
    ['offsets beyond the end', file({ a: tensor('F32', [4], 0, 16) }, 8), /tensor a ends at byte 16/],
    ['overlapping tensors', file({ a: tensor('F32', [2], 0, 8), b: tensor('F32', [2], 4, 12) }, 12), /overlaps/],
    ['a hole', file({ a: tensor('F32', [1], 0, 4), b: tensor('F32', [1], 8, 12) }, 12), /hole of 4 bytes/],
    ['a length that is not the shape\'s', file({ a: tensor('F32', [3], 0, 8) }, 8), /needs 12 bytes/],
    ['a shape whose product overflows', file({ a: tensor('F32', [2 ** 40, 2 ** 40], 0, 8) }, 8), /needs Infinity bytes/],
    ['a length whose product overflows to the right one', file({ a: tensor('F64', [2 ** 50, 2 ** 14], 0, 0) }, 0), /needs Infinity bytes/],
    ['bytes that belong to no tensor', file({ a: tensor('F32', [1], 0, 4) }, 12), /8 bytes after its last tensor/],
    ['a tensor that is named twice', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', 8), /the key a twice/],
    ['a type that is given twice', file('{"a":{"dtype":"F32","shape":[1],"dtype":"I32","data_offsets":[0,4]}}', 4), /the key dtype twice/],
    ['a header nested without end', file(`{"a":${'['.repeat(100_000)}`, 0), /nested more than 8 deep/],
    ['a header that is not UTF-8', (() => { const bytes = file('{"aé":1}', 0); bytes[12] = 0xff; return bytes })(), /not JSON/],
    ['an entry with offsets the wrong way round', file({ a: tensor('F32', [1], 4, 0) }, 4), /its offsets give -4/],
    ['a fractional shape', file({ a: tensor('F32', [0.5], 0, 2) }, 2), /malformed entry/],
    ['negative offsets', file({ a: tensor('F32', [1], -4, 0) }, 8), /malformed entry/]
  ]
  for (const [name, bytes, message] of cases) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(readSafetensors(bytesSource(bytes)), { name: 'FormatError', message })
    })
  }

  it('refuses a header of more than 100 MB without reading it', async () => {
    const start = new Uint8Array(8)
    new DataView(start.buffer).setBigUint64(0, 200_000_000n, true)
    const source = hugeSource(start, 2 ** 40)
    await assert.rejects(readSafetensors(source), { name: 'FormatError', message: /200000000 bytes; the format allows 100000000/ })
    assert.equal(source.bytesRead(), 8)
  })

  it('refuses a type that it does not import by name when the tensor is used, not before', async () => {
    const source = await readSafetensors(bytesSource(file({ ids: tensor('I64', [2], 0, 16), w: tensor('BF16', [2], 16, 20) }, 20)))
    assert.equal((await source.rows('w', 0, 1)).byteLength, 4)
    await assert.rejects(source.rows('ids', 0, 1), { name: 'UnsupportedModelError', message: /tensor ids is stored as I64; Shoal imports F32, F16, BF16/ })
  })

  it('refuses a type that it does not know by name', async () => {
    await assert.rejects(readSafetensors(bytesSource(file({ a: tensor('F4', [8], 0, 4) }, 4))), { name: 'UnsupportedModelError', message: /F4/ })
  })

  it('answers any corruption with a refusal, never with anything else', async () => {
    const good = file({ a: tensor('F16', [3, 2], 0, 12), b: tensor('F32', [1], 12, 16), __metadata__: { format: 'pt' } }, 16)
    // half of the changes put in what means something
    const value = fc.oneof(fc.nat(255), fc.constantFrom(...'"{}[],:0189eE-.\\'.split('').map((char) => char.charCodeAt(0))))
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 1), value), { minLength: 1, maxLength: 6 }),
      fc.option(fc.nat(good.length)),
      async (changes, length) => {
        const bytes = good.slice(0, length ?? good.length)
        changes.forEach(([at, value]) => { if (at < bytes.length) { bytes[at] = value } })
        try {
          const source = await readSafetensors(bytesSource(bytes))
          for (const name of source.names()) {
            await source.rows(name, 0, 1)
          }
        } catch (error) {
          assert.ok(error instanceof FormatError || error instanceof UnsupportedModelError, String(error))
        }
      }
    ), { numRuns: 1000 })
  })
})
