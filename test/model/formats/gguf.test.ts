import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FormatError, readGguf, UnsupportedModelError } from '../../../src/model/index.ts'
import { bytesSource, fixture } from './files.ts'

interface Bad { files: Array<{ file: string, mayAccept: boolean, layer: string | null, what: string }> }
const { files } = JSON.parse(new TextDecoder().decode(fixture('gguf-bad/index.json'))) as Bad

const refusal = (error: unknown): boolean => error instanceof FormatError || error instanceof UnsupportedModelError

describe('GGUF reader', () => {
  for (const { file, what } of files.filter(({ layer, mayAccept }) => layer === 'container' && !mayAccept)) {
    it(`refuses ${file}: ${what}`, async () => {
      await assert.rejects(readGguf(bytesSource(fixture(`gguf-bad/${file}`))), refusal)
    })
  }

  it('reads the good file: metadata, shapes outermost first, rows', async () => {
    const file = await readGguf(bytesSource(fixture('gguf-bad/good.gguf')))
    assert.equal(file.metadata.get('general.architecture'), 'llama')
    const info = file.info('blk.0.attn_q.weight')
    assert.deepEqual(info?.shape, [8, 8])
    assert.equal((await file.rows('blk.0.attn_q.weight', 2, 3)).byteLength, 3 * 8 * 4)
    await assert.rejects(file.rows('blk.0.attn_q.weight', 6, 3), FormatError)
  })

  it('answers any corruption with a refusal, never with anything else', async () => {
    const good = fixture('gguf-bad/good.gguf')
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat(good.length)),
      async (changes, length) => {
        const bytes = good.slice(0, length ?? good.length)
        changes.forEach(([at, value]) => { if (at < bytes.length) { bytes[at] = value } })
        try {
          await readGguf(bytesSource(bytes))
        } catch (error) {
          assert.ok(refusal(error), String(error))
        }
      }
    ), { numRuns: 500 })
  })
})
