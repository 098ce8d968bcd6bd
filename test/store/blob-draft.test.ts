import assert from 'node:assert/strict'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PIECE_BYTES } from '../../src/model/index.ts'
import { blobDraft } from '../../src/store/blob-draft.ts'
import { blobStore } from '../../src/store/blob-store.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { testBlob } from './peers/blobs.ts'

const named = (name: string, text: RegExp) => (error: unknown): boolean => error instanceof Error && error.name === name && text.test(error.message)

describe('a blob that comes in by pieces', () => {
  after(removeFolders)
  const blob = testBlob(3 * PIECE_BYTES + 1000)
  const piece = (index: number): Buffer => blob.bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES)

  it('is named when all of them are there, in whatever order they came, and is read-only then', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft(store, blob.part, blob.list)
    for (const index of [3, 0, 2, 1]) {
      assert.ok(await draft.isRight(index, piece(index)))
      assert.equal(await store.has(blob.part.cid), false)
      await draft.write(index, piece(index))
    }
    await draft.finish()
    assert.deepEqual(await readFile(store.path(blob.part.cid)), blob.bytes)
    assert.equal((await stat(store.path(blob.part.cid))).mode & 0o222, 0)
    assert.deepEqual(await readdir(store.folder), [blob.part.cid])
  })

  it('goes on with what an earlier try left, and believes none of it unseen', async () => {
    const store = await blobStore(await temporaryFolder())
    const first = await blobDraft(store, blob.part, blob.list)
    await first.write(0, piece(0))
    await first.write(2, piece(2))
    await first.close()
    const file = await open(join(store.folder, `partial-${blob.part.cid}`), 'r+')
    await file.write(Buffer.from([0xff]), 0, 1, 2 * PIECE_BYTES + 17)
    await file.close()
    const second = await blobDraft(store, blob.part, blob.list)
    assert.deepEqual(second.have, [true, false, false, false])
    await second.discard()
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('tells a wrong piece from a right one', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft(store, blob.part, blob.list)
    assert.equal(await draft.isRight(1, piece(2)), false)
    assert.equal(await draft.isRight(3, piece(3).subarray(1)), false)
    await draft.close()
  })

  it('is refused and removed where right pieces make up another blob: the manifest lies', async () => {
    const store = await blobStore(await temporaryFolder())
    const other = testBlob(blob.part.size, 2)
    const draft = await blobDraft(store, { ...blob.part, cid: other.part.cid }, blob.list)
    for (const index of [0, 1, 2, 3]) await draft.write(index, piece(index))
    await assert.rejects(draft.finish(), named('CorruptBlobError', /do not make up the blob/))
    await draft.close()
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('is refused where the list has another number of pieces', async () => {
    const store = await blobStore(await temporaryFolder())
    await assert.rejects(blobDraft(store, blob.part, blob.list.subarray(32)), named('CorruptBlobError', /list of pieces/))
  })
})
