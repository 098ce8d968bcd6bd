import assert from 'node:assert/strict'
import { localModels } from '../../src/daemon/local-model.ts'
import { importModel, modelStore } from '../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

describe('models of this machine\'s store', function () {
  this.timeout(60_000)
  after(removeFolders)

  it('stay open as long as they are asked for, however many there are', async () => {
    const store = await modelStore(await temporaryFolder())
    const { modelId } = await importModel({ source: 'models/atlas', name: 'atlas', store })
    // eleven models with one manifest: what counts is their ids
    const models = localModels({ ...store, get: async () => await store.get(modelId), blobs: { ...store.blobs, has: async () => await Promise.resolve(true) } })
    for (let other = 0; other < 10; other++) {
      assert.ok(await models.get('often') !== undefined)
      assert.ok(await models.get(`other ${other}`) !== undefined)
    }
    assert.ok(models.opened('often') !== undefined)
    assert.equal(models.opened('other 0'), undefined)
    assert.deepEqual(await models.names(), { atlas: modelId })
  })

  it('are none where a stranger says that some blob is one', async () => {
    const store = await modelStore(await temporaryFolder())
    const { modelId } = await importModel({ source: 'models/atlas', name: 'atlas', store })
    const { manifest } = await store.get(modelId)
    const models = localModels(store)
    await assert.rejects(models.get(manifest.tokenizer.cid), { name: 'UnknownModelError' })
    assert.equal(models.opened(manifest.tokenizer.cid), undefined)
    assert.ok(await models.get(modelId) !== undefined)
  })
})
