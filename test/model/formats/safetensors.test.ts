import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FormatError, readSafetensors, readShardedSafetensors, UnsupportedModelError } from '../../../src/model/index.ts'
import { bytesSource, fixture } from './files.ts'

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
    ['negative offsets', file({ a: tensor('F32', [1], -4, 0) }, 8), /malformed entry/]
  ]
  for (const [name, bytes, message] of cases) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(readSafetensors(bytesSource(bytes)), { name: 'FormatError', message })
    })
  }

  it('refuses a type that it does not know by name', async () => {
    await assert.rejects(readSafetensors(bytesSource(file({ a: tensor('F4', [8], 0, 4) }, 4))), UnsupportedModelError)
  })

  it('reads several files through their index and refuses an index that lies', async () => {
    const index = fixture('models/qwen3/model.safetensors.index.json')
    const source = await readShardedSafetensors(index, async (name) => await Promise.resolve(bytesSource(fixture(`models/qwen3/${name}`))))
    assert.ok(source.info('model.layers.0.self_attn.q_norm.weight') != null)
    const lie = new TextEncoder().encode(JSON.stringify({ weight_map: { absent: 'a.safetensors' } }))
    await assert.rejects(readShardedSafetensors(lie, async () => await Promise.resolve(bytesSource(file({}, 0)))), FormatError)
    const path = new TextEncoder().encode(JSON.stringify({ weight_map: { a: '../../etc/passwd' } }))
    await assert.rejects(readShardedSafetensors(path, async () => await Promise.resolve(bytesSource(file({}, 0)))), FormatError)
  })

  it('answers any corruption with a refusal, never with anything else', async () => {
    const good = fixture('models/llama/model.safetensors').slice(0, 6000)
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }), async (changes) => {
      const bytes = good.slice()
      changes.forEach(([at, value]) => { bytes[at] = value })
      try {
        await readSafetensors(bytesSource(bytes))
      } catch (error) {
        assert.ok(error instanceof FormatError || error instanceof UnsupportedModelError, String(error))
      }
    }), { numRuns: 300 })
  })
})
