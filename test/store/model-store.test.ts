import assert from 'node:assert/strict'
import { chmod, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importModel, modelStore, type ModelStore } from '../../src/store/index.ts'
import { fixtureFolder } from '../support/reference.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

const tiny = (name: string): string => join(fixtureFolder, 'models', name)
const importAs = async (store: ModelStore, name: string, model: string, quantization: 'keep' | 'int8' = 'keep'): Promise<string> =>
  (await importModel({ source: tiny(model), name, store, quantization })).modelId

describe('the models on this machine', () => {
  after(removeFolders)

  it('are found by name and by id, and an unknown one is refused with the list of what there is', async () => {
    const store = await modelStore(await temporaryFolder())
    await assert.rejects(store.get('nemo'), (error) => error instanceof Error && error.name === 'UnknownModelError' && error.message.includes('shoal import'))
    const modelId = await importAs(store, 'small', 'llama')
    for (const model of ['small', modelId]) {
      const { name, complete, bytes, manifest } = await store.get(model)
      assert.deepEqual([name, complete, manifest.config.layerCount], ['small', true, 4])
      assert.ok(bytes > 500_000)
    }
    await assert.rejects(store.get('nemo'), (error) => error instanceof Error && error.message.includes('small'))
    await assert.rejects(store.get('__proto__'), { name: 'UnknownModelError' })
  })

  it('stay when their store is opened again', async () => {
    const folder = await temporaryFolder()
    const modelId = await importAs(await modelStore(folder), 'small', 'llama')
    assert.deepEqual((await (await modelStore(folder)).list()).map(({ name, modelId: id }) => [name, id]), [['small', modelId]])
  })

  it('keep what another one uses when one is removed', async () => {
    const store = await modelStore(await temporaryFolder())
    // the same tokenizer, other weights
    const a = await importAs(store, 'a', 'llama')
    await importAs(store, 'b', 'mistral-swa')
    const before = (await store.get('a')).bytes
    const freed = await store.remove('a')
    assert.ok(freed > 0 && freed < before)
    assert.equal((await store.get('b')).complete, true)
    await assert.rejects(store.get(a), { name: 'UnknownModelError' })
    await store.remove('b')
    assert.deepEqual(await readdir(store.blobs.folder), [])
  })

  it('go under all their names when one is removed by id, under one when by name', async () => {
    const store = await modelStore(await temporaryFolder())
    const modelId = await importAs(store, 'a', 'llama')
    await store.add('b', modelId)
    assert.equal(await store.remove('a'), 0)
    assert.equal((await store.get(modelId)).name, 'b')
    await store.add('c', modelId)
    assert.ok(await store.remove(modelId) > 0)
    assert.deepEqual(await store.list(), [])
  })

  it('stay reachable by id when their name is given to another', async () => {
    const store = await modelStore(await temporaryFolder())
    const first = await importAs(store, 'a', 'llama')
    const second = await importAs(store, 'a', 'llama', 'int8')
    assert.equal((await store.get('a')).modelId, second)
    assert.equal((await store.get(first)).complete, true)
    assert.equal((await store.list()).length, 2)
    await store.remove(first)
    assert.equal((await store.get('a')).complete, true)
  })

  it('lose no name when many are added at once', async () => {
    const folder = await temporaryFolder()
    const stores = await Promise.all([modelStore(folder), modelStore(folder)])
    const modelId = await importAs(stores[0], 'a', 'llama')
    await Promise.all(Array.from({ length: 16 }, async (_, index) => { await stores[index % 2]?.add(`n${index}`, modelId) }))
    assert.equal((await stores[0].list()).length, 17)
    assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith('.tmp') || name.endsWith('.lock')), [])
  })

  it('are said to be incomplete where a blob is missing, and damaged where the manifest is; either can be removed', async () => {
    const store = await modelStore(await temporaryFolder())
    const modelId = await importAs(store, 'a', 'llama')
    await store.blobs.remove((await store.get('a')).manifest.embedding.cid)
    assert.equal((await store.get('a')).complete, false)
    await chmod(store.blobs.path(modelId), 0o644)
    await writeFile(store.blobs.path(modelId), 'rubbish')
    await assert.rejects(store.get('a'), (error) => error instanceof Error && error.name === 'CorruptBlobError' && error.message.includes('shoal rm a'))
    await store.remove('a')
    assert.deepEqual(await store.list(), [])
    // and come back whole
    assert.equal(await importAs(store, 'a', 'llama'), modelId)
    assert.equal((await store.get('a')).complete, true)
  })

  it('may be here in part, downloads under way included, and are freed as a whole', async () => {
    const store = await modelStore(await temporaryFolder())
    await importAs(store, 'a', 'llama')
    const { manifest: { layers }, bytes } = await store.get('a')
    const [first, second] = layers
    assert.ok(first != null && second != null)
    await store.blobs.remove(first.cid)
    await rename(store.blobs.path(second.cid), store.blobs.partialPath(second.cid))
    await truncate(store.blobs.partialPath(second.cid), 4096)
    const model = await store.get('a')
    assert.deepEqual([model.complete, model.layersHere, model.bytes], [false, 2, bytes - first.size - second.size + 4096])
    const manifestBytes = (await stat(store.blobs.path(model.modelId))).size
    assert.equal(await store.remove('a'), model.bytes + manifestBytes)
    assert.deepEqual(await readdir(store.blobs.folder), [])
  })

  it('are listed without those whose manifest is damaged, for whoever is to be told of them', async () => {
    const store = await modelStore(await temporaryFolder())
    const modelId = await importAs(store, 'a', 'llama')
    await importAs(store, 'b', 'mistral-swa')
    await store.blobs.remove(modelId)
    await assert.rejects(store.list(), { name: 'CorruptBlobError' })
    const damaged: unknown[] = []
    const models = await store.list(({ error, ...model }) => { damaged.push(model, error.name) })
    assert.deepEqual([models.map(({ name }) => name), damaged], [['b'], [{ name: 'a', modelId }, 'CorruptBlobError']])
    // and keep nobody from removing others
    await store.remove('b')
    assert.deepEqual(await store.names(), { a: modelId })
  })

  it('are refused as a whole where the file of names is damaged', async () => {
    const folder = await temporaryFolder()
    const store = await modelStore(folder)
    for (const text of ['{', '[]', '{"a":1}', '{"a":"../../etc/passwd"}']) {
      await writeFile(join(folder, 'models.json'), text)
      await assert.rejects(store.list(), { name: 'CorruptBlobError' })
      assert.equal(await readFile(join(folder, 'models.json'), 'utf8'), text)
    }
    await rm(join(folder, 'models.json'))
    assert.deepEqual(await store.list(), [])
  })
})
