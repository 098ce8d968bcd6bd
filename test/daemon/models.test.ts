import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { resolveModel } from '../../src/daemon/models.ts'
import { modelStore } from '../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

describe('a model that somebody means', () => {
  after(removeFolders)

  it('is the embedded one where nothing is said, made anew where what is here can\'t be read', async () => {
    const store = await modelStore(await temporaryFolder())
    const { modelId, complete } = await resolveModel(store, undefined)
    assert.ok(complete)
    await chmod(store.blobs.path(modelId), 0o644)
    await writeFile(store.blobs.path(modelId), 'what another version wrote')
    assert.equal((await resolveModel(store, undefined)).modelId, modelId)
    assert.deepEqual(await store.names(), { atlas: modelId })
  })

  it('is refused, and left, where it is another one that can\'t be read', async () => {
    const store = await modelStore(await temporaryFolder())
    const { modelId } = await resolveModel(store, undefined)
    await store.add('mine', modelId)
    await chmod(store.blobs.path(modelId), 0o644)
    await writeFile(store.blobs.path(modelId), 'what another version wrote')
    await assert.rejects(resolveModel(store, 'mine'), { name: 'CorruptBlobError', message: /shoal rm mine/ })
    assert.equal((await store.names()).mine, modelId)
  })
})
