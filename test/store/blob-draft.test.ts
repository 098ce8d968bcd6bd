import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PIECE_BYTES } from '../../src/model/index.ts'
import { blobDraft } from '../../src/store/blob-draft.ts'
import { blobStore } from '../../src/store/blob-store.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { testBlob } from './peers/blobs.ts'

const hasFullDevice = existsSync('/dev/full')
const named = (name: string, text: RegExp) => (error: unknown): boolean => error instanceof Error && error.name === name && text.test(error.message)

describe('a blob that comes in by pieces', () => {
  after(removeFolders)
  const blob = testBlob(3 * PIECE_BYTES + 1000)
  const piece = (index: number, { bytes } = blob): Uint8Array<ArrayBuffer> => new Uint8Array(bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES))

  it('is named when all of them are there, in whatever order they came, and is read-only then', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft({ blobs: store }, blob.part, blob.list)
    for (const index of [3, 0, 2, 1]) {
      assert.equal(await store.has(blob.part.cid), false)
      assert.ok(await draft.take(index, piece(index)))
    }
    await draft.finish()
    assert.deepEqual(await readFile(store.path(blob.part.cid)), blob.bytes)
    assert.equal((await stat(store.path(blob.part.cid))).mode & 0o222, 0)
    assert.deepEqual(await readdir(store.folder), [blob.part.cid])
  })

  it('goes on with what an earlier try left, and believes none of it unseen', async () => {
    const store = await blobStore(await temporaryFolder())
    const first = await blobDraft({ blobs: store }, blob.part, blob.list)
    await first.take(0, piece(0))
    await first.take(2, piece(2))
    await first.close()
    const file = await open(join(store.folder, `partial-${blob.part.cid}`), 'r+')
    await file.write(Buffer.from([0xff]), 0, 1, 2 * PIECE_BYTES + 17)
    await file.close()
    const second = await blobDraft({ blobs: store }, blob.part, blob.list)
    assert.deepEqual(second.have, [true, false, false, false])
    await second.discard()
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('goes on with what a process left that was killed just before it gave it its name', async () => {
    const store = await blobStore(await temporaryFolder())
    const first = await blobDraft({ blobs: store }, blob.part, blob.list)
    for (const index of [0, 1, 2, 3]) await first.take(index, piece(index))
    await first.close()
    await chmod(store.partialPath(blob.part.cid), 0o444)
    const second = await blobDraft({
      blobs: store,
      // whoever is not root may not write it
      async open (path, flags, mode) {
        const isReadOnly = await stat(path).then((found) => (found.mode & 0o200) === 0, () => false)
        if (isReadOnly && flags === 'r+') throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
        return await open(path, flags, mode)
      }
    }, blob.part, blob.list)
    assert.deepEqual(second.have, [true, true, true, true])
    await second.finish()
    assert.deepEqual(await readFile(store.path(blob.part.cid)), blob.bytes)
    assert.equal((await stat(store.path(blob.part.cid))).mode & 0o222, 0)
  })

  it('is closed when what is being written is', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft({ blobs: store }, blob.part, blob.list)
    const taken = [0, 1, 2, 3].map(async (index) => await draft.take(index, piece(index)))
    await draft.close()
    assert.deepEqual(await Promise.all(taken), [true, true, true, true])
    const again = await blobDraft({ blobs: store }, blob.part, blob.list)
    assert.deepEqual(again.have, [true, true, true, true])
    await again.discard()
    await assert.rejects(again.take(0, piece(0)), /is closed/)
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('tells a wrong piece from a right one, and writes nothing of it', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft({ blobs: store }, blob.part, blob.list)
    assert.equal(await draft.take(1, piece(2)), false)
    assert.equal(draft.have[1], false)
    assert.equal((await stat(store.partialPath(blob.part.cid))).size, 0)
    await assert.rejects(draft.take(3, piece(3).subarray(1)), named('RangeError', /1000 bytes, not 999/))
    await assert.rejects(draft.finish(), /piece 0 of .* is not here/)
    await draft.close()
  })

  it('is refused where the list is not the one that the blob is named by', async () => {
    const store = await blobStore(await temporaryFolder())
    const { cid } = testBlob(blob.part.size, 2).part
    await assert.rejects(blobDraft({ blobs: store }, { ...blob.part, cid }, blob.list), named('CorruptBlobError', /list of 4 pieces is not the one of/))
    await assert.rejects(blobDraft({ blobs: store }, blob.part, blob.list.subarray(32)), named('CorruptBlobError', /list of 3 pieces/))
    assert.deepEqual(await readdir(store.folder), [])
  })

  it(`says that the disk is full${hasFullDevice ? '' : ' (skipped: there is no /dev/full here)'}`, async function () {
    if (!hasFullDevice) this.skip()
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft({ blobs: store, open: async (_path, flags) => await open('/dev/full', flags.replace('x', '')) }, blob.part, blob.list)
    await assert.rejects(draft.take(0, piece(0)), named('StoreWriteError', /the disk is full/))
    assert.equal(draft.have[0], false)
    await draft.close()
  })

  it('is not named where telling the disk to write has failed on the way', async () => {
    const store = await blobStore(await temporaryFolder())
    const large = testBlob(33 * PIECE_BYTES, 3)
    const draft = await blobDraft({
      blobs: store,
      open: async (path, flags, mode) => Object.assign(await open(path, flags, mode), { datasync: async () => { await Promise.reject(new Error('EIO: i/o error, fdatasync')) } })
    }, large.part, large.list)
    for (const index of draft.have.keys()) await draft.take(index, piece(index, large))
    await assert.rejects(draft.finish(), /EIO/)
    await draft.close()
    assert.equal(await store.has(large.part.cid), false)
  })
})
