import assert from 'node:assert/strict'
import { chmod, open, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyStore, type VerifiedStore } from '../../src/daemon/verify-store.ts'
import { cidOf } from '../../src/model/index.ts'
import { importModel, modelStore, type ModelStore } from '../../src/store/index.ts'
import { fixtureFolder } from '../support/reference.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

const verify = async (folder: string, removeOrphans = false): Promise<VerifiedStore> =>
  await verifyStore(folder, { join: [], removeOrphans, onProgress () { /* not looked at */ } })

async function stocked (): Promise<{ readonly folder: string, readonly store: ModelStore, readonly modelId: string }> {
  const folder = await temporaryFolder()
  const store = await modelStore(folder)
  const { modelId } = await importModel({ source: join(fixtureFolder, 'models', 'llama'), name: 'a', store })
  return { folder, store, modelId }
}

async function flip (path: string, at: number): Promise<void> {
  await chmod(path, 0o644)
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at)
  await file.close()
}

describe('hashing the store anew', () => {
  after(removeFolders)

  it('looks at every byte of every model once, and finds what is right to be right', async () => {
    const { folder, store, modelId } = await stocked()
    await store.add('b', modelId)
    const seen: number[] = []
    const result = await verifyStore(folder, { join: [], removeOrphans: false, onProgress (_stage, done, total) { seen.push(done / total) } })
    const { tokenizer, embedding, layers, head } = (await store.get('a')).manifest
    const bytes = [tokenizer, embedding, ...layers, head].reduce((sum, { size }) => sum + size, 0)
    assert.deepEqual(result, { models: [{ model: 'a', blobs: 7, bytes, damaged: 0 }], blobs: 7, bytes, damaged: [], orphans: { files: 0, bytes: 0, removed: false }, failure: undefined })
    assert.ok(seen.at(-1) === 1 && seen.every((share, index) => share >= (seen[index - 1] ?? 0)))
  })

  it('takes a damaged blob out of use and says which; what is missing is no damage', async () => {
    const { folder, store } = await stocked()
    const { manifest: { layers: [first, second] } } = await store.get('a')
    assert.ok(first != null && second != null)
    await store.blobs.remove(second.cid)
    await flip(store.blobs.path(first.cid), 1000)
    const { damaged, models } = await verify(folder)
    assert.deepEqual(damaged, [{ model: 'a', part: 'layer 0', cid: first.cid, reason: 'piece 0 of 1 is not what it was', repaired: false, inUse: false }])
    assert.equal(models[0]?.damaged, 1)
    assert.equal(await store.blobs.has(first.cid), false)
    assert.equal((await store.get('a')).layersHere, 2)
    // it is not here any more, so there is nothing wrong with it
    assert.deepEqual((await verify(folder)).damaged, [])
  })

  it('writes a damaged list of pieces anew by itself', async () => {
    const { folder, store } = await stocked()
    const { manifest: { head } } = await store.get('a')
    await flip(store.blobs.path(head.pieces), 0)
    const { damaged: [damage] } = await verify(folder)
    assert.deepEqual([damage?.part, damage?.repaired], ['head', true])
    assert.equal((await store.get('a')).complete, true)
    assert.deepEqual((await verify(folder)).damaged, [])
  })

  it('names a damaged manifest, looks at the other models all the same, and calls nothing an orphan then', async () => {
    const { folder, store, modelId } = await stocked()
    await importModel({ source: join(fixtureFolder, 'models', 'mistral-swa'), name: 'b', store })
    await flip(store.blobs.path(modelId), 10)
    await age(store)
    const { damaged, models, orphans } = await verify(folder, true)
    assert.deepEqual(damaged.map(({ model, part, cid, repaired }) => [model, part, cid, repaired]), [['a', 'manifest', modelId, false]])
    assert.match(String(damaged[0]?.reason), /damaged/)
    assert.deepEqual(models.map(({ model, blobs }) => [model, blobs]), [['b', 7]])
    assert.equal(orphans.files, 0)
    await importModel({ source: join(fixtureFolder, 'models', 'llama'), name: 'a', store })
    assert.deepEqual((await verify(folder)).damaged, [])
  })

  it('names files of no model, and removes them when it is told to; what a model, an import or a download needs stays', async () => {
    const { folder, store } = await stocked()
    const { manifest: { layers: [first] } } = await store.get('a')
    assert.ok(first != null)
    const [stray, partial] = [cidOf(Buffer.from('a stray')), cidOf(Buffer.from('another'))]
    const unfinished = cidOf(Buffer.from('of an import'))
    await writeFile(store.blobs.path(stray), 'a stray')
    await writeFile(store.blobs.partialPath(partial), 'ano')
    await writeFile(store.blobs.partialPath(first.cid), 'pieces')
    await writeFile(store.blobs.path(unfinished), 'of an import')
    await writeFile(join(store.blobs.folder, `tmp-${process.pid}-00`), 'being written')
    await writeFile(join(folder, 'imports', '0.json'), JSON.stringify({ head: { cid: unfinished, size: 12, pieces: cidOf(Buffer.from('its pieces')) } }))
    assert.equal((await verify(folder)).orphans.files, 0, 'what is young may be somebody\'s')
    await age(store)
    assert.deepEqual((await verify(folder)).orphans, { files: 2, bytes: 10, removed: false })
    const before = new Set(await readdir(store.blobs.folder))
    assert.deepEqual((await verify(folder, true)).orphans, { files: 2, bytes: 10, removed: true })
    const left = new Set(await readdir(store.blobs.folder))
    assert.deepEqual([...before].filter((name) => !left.has(name)).sort(), [stray, `partial-${partial}`].sort())
    // an import that was cut off months ago is not gone on with
    await utimes(join(folder, 'imports', '0.json'), 1000, 1000)
    assert.equal((await verify(folder)).orphans.files, 1)
  })

  it('reports what is damaged also where nobody can be asked', async () => {
    const { folder, store } = await stocked()
    const { manifest: { head } } = await store.get('a')
    await flip(store.blobs.path(head.cid), 0)
    const { damaged, failure } = await verifyStore(folder, { join: ['/ip4/127.0.0.1/tcp/1'], removeOrphans: false, onProgress () { /* not looked at */ } })
    assert.deepEqual(damaged.map(({ part, repaired }) => [part, repaired]), [['head', false]])
    assert.match(String(failure), /127\.0\.0\.1/)
  })
})

/** All files among the blobs become two minutes old. */
async function age ({ blobs: { folder } }: ModelStore): Promise<void> {
  const then = Date.now() / 1000 - 120
  for (const name of await readdir(folder)) await utimes(join(folder, name), then, then)
}
