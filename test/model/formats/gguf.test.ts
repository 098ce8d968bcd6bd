import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FormatError, readGguf, UnsupportedModelError } from '../../../src/model/index.ts'
import { bytesSource, concat, fixture, ggufHeader, hugeSource, text, u32, u64 } from './files.ts'

const parse = (path: string): unknown => JSON.parse(new TextDecoder().decode(fixture(path)))
const { files } = parse('gguf-bad/index.json') as { files: Array<{ file: string, mayAccept: boolean, layer: string | null, what: string }> }

const refusal = (error: unknown): boolean => error instanceof FormatError || error instanceof UnsupportedModelError

/** The fault that each file's refusal has to name. */
const faults: Readonly<Record<string, RegExp>> = {
  'empty.gguf': /ends inside the magic number: it has 0 bytes/,
  'magic-only.gguf': /ends inside the version: it has 4 bytes/,
  'truncated-metadata.gguf': /its 300 bytes/,
  'truncated-tensor-table.gguf': /ends inside the entry of tensor blk\.0\.attn_output\.weight/,
  'truncated-data.gguf': /blk\.0\.ffn_down\.weight ends at byte 2400 of the data, but the GGUF file has only 2300/,
  'wrong-magic.gguf': /no GGUF file/,
  'big-endian.gguf': /big-endian/,
  'version-99.gguf': /version 99/,
  'tensor-count-2e60.gguf': /the tensor table has 1152921504606846976 entries/,
  'kv-count-2e60.gguf': /the metadata has 1152921504606846976 entries/,
  'string-length-2e60.gguf': /the value of general\.architecture is 1152921504606846976 bytes long/,
  'key-length-2e60.gguf': /a metadata key is 1152921504606846976 bytes long/,
  'key-length-max.gguf': /a metadata key is 18446744073709551615 bytes long/,
  'array-length-2e60.gguf': /tokenizer\.ggml\.tokens has 1152921504606846976 entries/,
  'array-bytes-overflow.gguf': /tokenizer\.ggml\.token_type has 4611686018427387908 entries/,
  'array-nested-deep.gguf': /x\.deep is an array of arrays/,
  'value-type-unknown.gguf': /llama\.block_count has type 77/,
  'tensor-type-unknown.gguf': /type 9999, which GGUF does not know/,
  'tensor-type-removed.gguf': /type 4, which GGUF does not know/,
  'tensor-offset-beyond-end.gguf': /ends at byte 1048832 of the data, but the GGUF file has only 2400/,
  'tensor-offset-overflow.gguf': /starts at 18446744073709551584, beyond the end/,
  'tensor-offset-unaligned.gguf': /starts at 612, which is not a multiple of the alignment 32/,
  'tensors-overlap.gguf': /blk\.0\.attn_[kq]\.weight overlaps/,
  'dims-product-overflow.gguf': /\[4294967296, 4294967296\] is larger than any file/,
  'dims-product-wraps-to-64.gguf': /a dimension of tensor blk\.0\.attn_q\.weight is 9223372036854775840/,
  'dims-zero.gguf': /a dimension of tensor blk\.0\.attn_q\.weight is 0/,
  'dims-count-2e31.gguf': /says it has 2147483648 dimensions/,
  'dims-count-5.gguf': /says it has 5 dimensions/,
  'row-not-whole-blocks.gguf': /have 8 elements, which is not a whole number of Q4_0 blocks of 32/,
  'tensor-duplicate.gguf': /two tensors named blk\.0\.attn_q\.weight/,
  'key-duplicate.gguf': /the key llama\.block_count twice/,
  'alignment-0.gguf': /general\.alignment is 0/,
  'alignment-3.gguf': /general\.alignment is 3/,
  'alignment-string.gguf': /general\.alignment is a string/,
  'key-not-utf8.gguf': /a metadata key in the GGUF file is not UTF-8/
}

describe('GGUF reader', () => {
  for (const { file, what } of files.filter(({ layer }) => layer === 'container')) {
    it(`refuses ${file}: ${what}`, async () => {
      await assert.rejects(readGguf(bytesSource(fixture(`gguf-bad/${file}`))), (error: Error) => {
        assert.ok(refusal(error), error.name)
        assert.match(error.message, faults[file] ?? /^the test names no fault$/)
        return true
      })
    })
  }

  it('reads the files whose fault lies in the model', async () => {
    for (const { file } of files.filter(({ layer }) => layer === 'model')) {
      assert.ok((await readGguf(bytesSource(fixture(`gguf-bad/${file}`)))).metadata.size > 0)
    }
  })

  it('reads the good file: metadata, shapes outermost first, rows', async () => {
    const bytes = fixture('gguf-bad/good.gguf')
    const file = await readGguf(bytesSource(bytes))
    assert.equal(file.metadata.get('general.architecture'), 'llama')
    assert.deepEqual(file.info('blk.0.attn_q.weight'), { ...file.info('blk.0.attn_q.weight'), type: 'F32', shape: [8, 8], rowBytes: 32 })
    // the last tensor ends with the file
    assert.deepEqual(await file.rows('blk.0.ffn_down.weight', 6, 2), bytes.subarray(bytes.length - 2 * (file.info('blk.0.ffn_down.weight')?.rowBytes ?? 0)))
    assert.equal((await file.rows('blk.0.attn_q.weight', 2, 3)).byteLength, 3 * 8 * 4)
    for (const [first, count] of [[6, 3], [-1, 1], [0, -1], [0.5, 1], [NaN, 1], [0, NaN]] as const) {
      await assert.rejects(file.rows('blk.0.attn_q.weight', first, count), FormatError)
    }
    await assert.rejects(file.rows('absent', 0, 1), { name: 'FormatError', message: /no tensor absent/ })
  })

  it('reads real files of several types', async () => {
    for (const type of ['F16', 'Q4_0', 'Q8_0']) {
      const file = await readGguf(bytesSource(fixture(`llama-gguf/llama-${type}.gguf`)))
      assert.equal(file.info('token_embd.weight')?.type, type)
      assert.equal(file.info('token_embd.weight')?.shape[0], 512)
    }
  })

  it('reads every type of value', async () => {
    const byte = (value: number): Uint8Array => Uint8Array.of(value)
    const float = new Uint8Array(Float32Array.of(1.5).buffer)
    const double = new Uint8Array(Float64Array.of(0.1).buffer)
    const cases: ReadonlyArray<readonly [type: number, bytes: Uint8Array, value: unknown]> = [
      [0, byte(255), 255], [1, byte(255), -1], [2, Uint8Array.of(1, 255), 65_281], [3, Uint8Array.of(1, 255), -255],
      [4, u32(0xffffffff), 0xffffffff], [5, u32(0xffffffff), -1], [6, float, 1.5], [7, byte(1), true], [7, byte(0), false],
      [8, text('\uFEFFé'), '\uFEFFé'], [10, u64(2n ** 64n - 1n), 2n ** 64n - 1n], [11, u64(2n ** 64n - 1n), -1n], [12, double, 0.1],
      [9, concat(u32(3), u64(2), Uint8Array.of(1, 0, 254, 255)), [1, -2]],
      [9, concat(u32(8), u64(2), text(''), text('\uFEFF')), ['', '\uFEFF']],
      [9, concat(u32(8), u64(0)), []]
    ]
    const { metadata } = await readGguf(bytesSource(ggufHeader(0, cases.length, ...cases.map(([type, bytes], at) => concat(text(`k${at}`), u32(type), bytes)))))
    assert.deepEqual([...metadata.values()], cases.map(([, , value]) => value))
  })

  it('takes an alignment that is a power of two from 8 up, and finds the data by it', async () => {
    const withAlignment = (alignment: number): Uint8Array => {
      const header = ggufHeader(1, 1, text('general.alignment'), u32(4), u32(alignment), text('t'), u32(1), u64(2), u32(0), u64(0))
      const padding = new Uint8Array(Math.ceil(header.length / alignment) * alignment - header.length)
      return concat(header, padding, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    }
    for (const alignment of [8, 64, 4096]) {
      const file = await readGguf(bytesSource(withAlignment(alignment)))
      assert.deepEqual(await file.rows('t', 0, 1), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    }
    for (const alignment of [1, 4, 24, 2 ** 31]) {
      const header = ggufHeader(0, 1, text('general.alignment'), u32(4), u32(alignment))
      await assert.rejects(readGguf(bytesSource(header)), { name: 'FormatError', message: new RegExp(`general.alignment is ${alignment};`) })
    }
  })

  it('reads arrays that are longer than what is read at once', async () => {
    const tokens = Array.from({ length: 120_000 }, (_, at) => `token ${at}`)
    const numbers = new Uint32Array(400_000).map((_, at) => at * 7)
    const { metadata } = await readGguf(bytesSource(ggufHeader(0, 2,
      text('tokens'), u32(9), u32(8), u64(tokens.length), Buffer.concat(tokens.map(text)),
      text('numbers'), u32(9), u32(4), u64(numbers.length), new Uint8Array(numbers.buffer))))
    assert.deepEqual(metadata.get('tokens'), tokens)
    assert.deepEqual(metadata.get('numbers'), [...numbers])
  })

  const terabyte = 2 ** 40
  const huge: ReadonlyArray<readonly [name: string, start: Uint8Array, fault: RegExp]> = [
    ['an array of 2^36 bytes', ggufHeader(0, 1, text('a'), u32(9), u32(0), u64(2 ** 36)), /the value of a has 68719476736 entries; at most 4000000/],
    ['a string of 2^33 bytes', ggufHeader(0, 1, text('a'), u32(8), u64(2 ** 33)), /the value of a is 8589934592 bytes long/],
    ['a key of 2^20 bytes', ggufHeader(0, 1, u64(2 ** 20)), /a metadata key is 1048576 bytes long/],
    ['2^30 keys', ggufHeader(0, 2 ** 30), /the metadata has 1073741824 entries; at most/],
    ['2^30 tensors', ggufHeader(2 ** 30, 0), /the tensor table has 1073741824 entries; at most/],
    ['two arrays of 3,000,000 values', ggufHeader(0, 2, text('a'), u32(9), u32(0), u64(3e6), new Uint8Array(3e6), text('b'), u32(9), u32(0), u64(3e6)), /more than 4000000 values, reached in the value of b/]
  ]
  for (const [name, start, fault] of huge) {
    it(`refuses ${name} in a file of 2^40 bytes without reading them`, async () => {
      const source = hugeSource(start, terabyte)
      await assert.rejects(readGguf(source), { name: 'FormatError', message: fault })
      assert.ok(source.bytesRead() <= start.length + 4 * 2 ** 20, `${source.bytesRead()} bytes read`)
    })
  }

  it('refuses types that it does not read by their name, and says what it reads', async () => {
    const supported = /Shoal does not read; it reads F32, F16, BF16, Q4_0, Q4_1, .*, MXFP4, NVFP4$/
    for (const [type, typeId] of [['Q8_1', 9], ['Q8_K', 15], ['I8', 24], ['F64', 28]] as const) {
      await assert.rejects(readGguf(bytesSource(ggufHeader(1, 0, text('t'), u32(1), u64(256), u32(typeId), u64(0)))), (error: Error) => {
        assert.equal(error.name, 'UnsupportedModelError')
        assert.ok(error.message.startsWith(`tensor t is stored as ${type},`), error.message)
        assert.match(error.message, supported)
        return true
      })
    }
  })

  it('quotes names of the file on one short line', async () => {
    const name = `\u001B[31m\n${'x'.repeat(200)}\u009B`
    await assert.rejects(readGguf(bytesSource(ggufHeader(1, 0, text(name), u32(9)))), (error: Error) => {
      assert.doesNotMatch(error.message, /\p{C}/u)
      return error.message.length < 700
    })
  })

  it('answers any corruption with a refusal, never with anything else', async () => {
    const good = fixture('gguf-bad/good.gguf')
    // half of the changes go where the header is
    const place = fc.oneof(fc.nat(good.length - 1), fc.nat(1600))
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(place, fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255))), { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat(good.length)),
      async (changes, length) => {
        const bytes = good.slice(0, length ?? good.length)
        changes.forEach(([at, value]) => { if (at < bytes.length) { bytes[at] = value } })
        try {
          const file = await readGguf(bytesSource(bytes))
          for (const name of file.names()) {
            await file.rows(name, 0, 1)
          }
        } catch (error) {
          assert.ok(refusal(error), String(error))
        }
      }
    ), { numRuns: 1000 })
  })
})
