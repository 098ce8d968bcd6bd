import assert from 'node:assert/strict'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keyRing } from '../../src/daemon/key-file.ts'
import { addKey, listKeys, revokeKey } from '../../src/daemon/keys.ts'
import { keyDigest } from '../../src/gateway/index.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

describe('the file of keys', () => {
  after(removeFolders)

  it('has digests of keys and no key, and nobody else reads it', async () => {
    const folder = join(await temporaryFolder(), 'deeper')
    const { key, entry } = await addKey(folder, { name: 'me', requestsPerMinute: 5, models: ['atlas'], priority: true })
    const file = join(folder, 'keys.json')
    const text = await readFile(file, 'utf8')
    assert.ok(!text.includes(key) && !text.includes(key.slice(9)))
    assert.ok(text.includes(Buffer.from(keyDigest(key)).toString('hex')))
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(listKeys(folder), [entry])
    const { createdAt: _, sha256: __, ...limits } = entry
    assert.deepEqual(limits, { id: entry.id, name: 'me', requestsPerMinute: 5, models: ['atlas'], priority: true })
  })

  it('is seen by a ring at once: keys made, keys revoked, the file gone', async () => {
    const folder = await temporaryFolder()
    const ring = keyRing(folder)
    assert.deepEqual(ring.keys(), [])
    const { key } = await addKey(folder, { name: 'one' })
    const { entry } = await addKey(folder, { name: 'two', concurrent: 3 })
    const [one, two] = ring.keys()
    assert.deepEqual(one?.digest, Buffer.from(keyDigest(key)))
    assert.deepEqual([two?.name, two?.concurrent, two?.guessable], ['two', 3, false])
    assert.equal(ring.keys()[0], one)
    await revokeKey(folder, 'one')
    await revokeKey(folder, entry.id)
    assert.deepEqual(ring.keys(), [])
    await assert.rejects(revokeKey(folder, 'one'), { name: 'ConfigError', message: /shoal keys list/ })
  })

  it('loses no key that is made while another is', async () => {
    const folder = await temporaryFolder()
    await Promise.all(Array.from({ length: 8 }, async (_, index) => await addKey(folder, { name: `k${index}` })))
    assert.equal(listKeys(folder).length, 8)
    await assert.rejects(addKey(folder, { name: 'k3' }), { name: 'ConfigError', message: /already/ })
  })

  it(`is refused where others can read it, with what to do, and taken again when that is done${process.platform === 'win32' ? ' (skipped: Windows has no such modes)' : ''}`, async function () {
    if (process.platform === 'win32') this.skip()
    const folder = await temporaryFolder()
    await addKey(folder, { name: 'one' })
    const file = join(folder, 'keys.json')
    const ring = keyRing(folder)
    ring.keys()
    for (const mode of [0o640, 0o604, 0o602, 0o660]) {
      await chmod(file, mode)
      assert.throws(() => ring.keys(), { name: 'KeyFileError', message: new RegExp(`chmod 600 ${file}`) })
      assert.throws(() => listKeys(folder), { name: 'KeyFileError' })
      await assert.rejects(addKey(folder, { name: 'two' }), { name: 'KeyFileError' })
    }
    await chmod(file, 0o600)
    assert.equal(ring.keys().length, 1)
  })

  for (const [what, text] of [['no JSON', '{'], ['a list', '[]'], ['another version', '{"version":2,"keys":[]}'], ['a short digest', '{"version":1,"keys":[{"id":"key-00000000","name":"a","sha256":"00","createdAt":"2026-11-26T00:00:00.000Z"}]}']]) {
    it(`is refused where it holds ${what}`, async () => {
      const folder = await temporaryFolder()
      await writeFile(join(folder, 'keys.json'), text ?? '', { mode: 0o600 })
      assert.throws(() => keyRing(folder).keys(), { name: 'KeyFileError', message: /holds no keys/ })
    })
  }
})
