import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { importModel, modelStore } from '../../src/store/index.ts'
import { fixtureFolder } from '../support/reference.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

interface Index {
  files: Array<{ file: string, mayAccept: boolean, valid: boolean, what: string }>
}
const folder = join(fixtureFolder, 'gguf-bad')
const { files } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Index // our own file

describe('importing a GGUF file', () => {
  after(removeFolders)

  for (const { file, what, mayAccept, valid } of files) {
    it(`${valid ? 'takes' : mayAccept ? 'takes or refuses' : 'refuses'} ${file}: ${what}`, async () => {
      const store = await modelStore(await temporaryFolder())
      const began = performance.now()
      const outcome = importModel({ source: join(folder, file), name: 'm', store })
      if (valid) {
        await outcome
      } else {
        const error = await outcome.then(() => undefined, (reason: unknown) => reason)
        if (!mayAccept || error != null) {
          assert.ok(error instanceof Error && ['FormatError', 'UnsupportedModelError'].includes(error.name), String(error))
          assert.deepEqual(await readdir(store.blobs.folder), [])
        }
      }
      assert.ok(performance.now() - began < 1000)
    })
  }
})
