import assert from 'node:assert/strict'
import { FormatError, readShardedSafetensors, type ByteSource } from '../../../src/model/index.ts'
import { bytesSource, fixture } from './files.ts'

const folder = 'models/qwen3'
const index = fixture(`${folder}/model.safetensors.index.json`)
const open = async (file: string): Promise<ByteSource> => await Promise.resolve(bytesSource(fixture(`${folder}/${file}`)))
const { weight_map: weightMap } = JSON.parse(new TextDecoder().decode(index)) as { weight_map: Record<string, string> }
const indexOf = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

describe('safetensors in several files', () => {
  it('reads every tensor from the file that has it, and opens each file once', async () => {
    const opened: string[] = []
    const source = await readShardedSafetensors(index, async (file) => {
      opened.push(file)
      return await open(file)
    })
    assert.deepEqual([...source.names()], Object.keys(weightMap))
    assert.deepEqual(opened.sort(), [...new Set(Object.values(weightMap))].sort())
    assert.equal(opened.length, 3)
    for (const name of source.names()) {
      assert.equal((await source.rows(name, 0, 1)).byteLength, source.info(name)?.rowBytes)
    }
    await assert.rejects(source.rows('absent', 0, 1), { name: 'FormatError', message: /no tensor absent/ })
    assert.equal(source.info('absent'), undefined)
  })

  const [name, file] = Object.entries(weightMap)[0] ?? ['', '']
  const other = Object.values(weightMap).find((value) => value !== file) ?? ''
  const lies: ReadonlyArray<readonly [what: string, index: unknown, message: RegExp]> = [
    ['that is no JSON', '{', /index is not JSON/],
    ['without a weight_map', {}, /no weight_map/],
    ['whose weight_map has other things than names', { weight_map: { [name]: 1 } }, /no weight_map/],
    ['that names a tensor which the file lacks', { weight_map: { absent: file } }, /holds tensor absent, but it does not/],
    ['that names another file than the one with the tensor', { weight_map: { [name]: other } }, /but it does not/],
    ['that leads out of the folder', { weight_map: { [name]: '../../etc/passwd' } }, /no plain \.safetensors name/],
    ['that leads into a folder', { weight_map: { [name]: 'a/b.safetensors' } }, /no plain \.safetensors name/],
    ['that names a tensor twice', `{"weight_map":{"a":"${file}","a":"${other}"}}`, /the key a twice/],
    ['of 20,000 files', { weight_map: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`${at}`, `${at}.safetensors`])) }, /names 20000 files/]
  ]
  for (const [what, lie, message] of lies) {
    it(`refuses an index ${what}`, async () => {
      await assert.rejects(readShardedSafetensors(indexOf(lie), open), { name: 'FormatError', message })
    })
  }

  it('passes on what is wrong with one of the files', async () => {
    await assert.rejects(readShardedSafetensors(index, async (path) => bytesSource((await (await open(path)).read(0, 100)))), FormatError)
  })
})
