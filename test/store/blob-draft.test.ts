import assert from 'node:assert/strict'
import { chmod, open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PIECE_BYTES } from '../../src/model/index.ts'
import { blobDraft } from '../../src/store/blob-draft.ts'
import { blobStore } from '../../src/store/blob-store.ts'
import { hashingThread, type SharedBytes } from '../../src/store/hashing-thread.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { testBlob } from './peers/blobs.ts'
import { shared } from './support/shared.ts'

const named = (name: string, text: RegExp) => (error: unknown): boolean => error instanceof Error && error.name === name && text.test(error.message)

describe('a blob that comes in by pieces', () => {
  const thread = hashingThread()
  after(async () => {
    await thread.close()
    await removeFolders()
  })
  const blob = testBlob(3 * PIECE_BYTES + 1000)
  const piece = (index: number): SharedBytes => shared(blob.bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES))

  it('is named when all of them are there, in whatever order they came, and is read-only then', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft({ blobs: store, thread }, blob.part, blob.list)
    for (const index of [3, 0, 2, 1]) {
      const bytes = piece(index)
      assert.ok((await draft.check(index, bytes)).isRight)
      assert.equal(await store.has(blob.part.cid), false)
      await draft.write(index, bytes)
    }
    await draft.finish()
    assert.deepEqual(await readFile(store.path(blob.part.cid)), blob.bytes)
    assert.equal((await stat(store.path(blob.part.cid))).mode & 0o222, 0)
    assert.deepEqual(await readdir(store.folder), [blob.part.cid])
  })

  it('goes on with what an earlier try left, and believes none of it unseen', async () => {
    const store = await blobStore(await temporaryFolder())
    const first = await blobDraft({ blobs: store, thread }, blob.part, blob.list)
    await first.write(0, piece(0))
    await first.write(2, piece(2))
    await first.close()
    const file = await open(join(store.folder, `partial-${blob.part.cid}`), 'r+')
    await file.write(Buffer.from([0xff]), 0, 1, 2 * PIECE_BYTES + 17)
    await file.close()
    const second = await blobDraft({ blobs: store, thread }, blob.part, blob.list)
    assert.deepEqual(second.have, [true, false, false, false])
    await second.discard()
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('goes on with what a process left that was killed just before it gave it its name', async () => {
    const store = await blobStore(await temporaryFolder())
    const first = await blobDraft({ blobs: store, thread }, blob.part, blob.list)
    for (const index of [0, 1, 2, 3]) await first.write(index, piece(index))
    await first.close()
    await chmod(store.partialPath(blob.part.cid), 0o444)
    const second = await blobDraft({
      blobs: store,
      thread,
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
    const draft = await blobDraft({
      blobs: store,
      thread,
      async open (path, flags, mode) {
        const file = await open(path, flags, mode)
        const write = file.write.bind(file) as (bytes: Uint8Array, at: number, length: number, position: number) => ReturnType<typeof file.write>
        return Object.assign(file, { write: async (bytes: Uint8Array, at: number, length: number, position: number) => await write(bytes, at, Math.min(length, PIECE_BYTES / 8), position) })
      }
    }, blob.part, blob.list)
    const written = draft.write(0, piece(0))
    await draft.discard()
    await written
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('tells a wrong piece from a right one', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft({ blobs: store, thread }, blob.part, blob.list)
    assert.equal((await draft.check(1, piece(2))).isRight, false)
    await assert.rejects(draft.check(3, piece(3).subarray(1)), named('RangeError', /1000 bytes, not 999/))
    await draft.close()
  })

  it('is refused and removed where right pieces make up another blob: the manifest lies', async () => {
    const store = await blobStore(await temporaryFolder())
    const other = testBlob(blob.part.size, 2)
    const draft = await blobDraft({ blobs: store, thread }, { ...blob.part, cid: other.part.cid }, blob.list)
    for (const index of [0, 1, 2, 3]) await draft.write(index, piece(index))
    await assert.rejects(draft.finish(), named('CorruptBlobError', /do not make up the blob/))
    await draft.close()
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('is not named where the disk did not keep a piece that was to be read back', async () => {
    const store = await blobStore(await temporaryFolder())
    const draft = await blobDraft({ blobs: store, thread }, blob.part, blob.list)
    const take = async (index: number): Promise<void> => {
      await draft.check(index, piece(index))
      await draft.write(index, piece(index))
    }
    for (const index of [3, 2, 1]) await take(index)
    const file = await open(join(store.folder, `partial-${blob.part.cid}`), 'r+')
    await file.write(Buffer.from([0xff]), 0, 1, 2 * PIECE_BYTES + 17)
    await file.close()
    await take(0)
    await assert.rejects(draft.finish(), named('CorruptBlobError', /does not keep what is written: piece 2 /))
    await draft.close()
    assert.equal(await store.has(blob.part.cid), false)
  })

  it('is not named where telling the disk to write has failed on the way', async () => {
    const store = await blobStore(await temporaryFolder())
    const large = testBlob(33 * PIECE_BYTES, 3)
    const draft = await blobDraft({
      blobs: store,
      thread,
      open: async (path, flags, mode) => Object.assign(await open(path, flags, mode), { datasync: async () => { await Promise.reject(new Error('EIO: i/o error, fdatasync')) } })
    }, large.part, large.list)
    for (const index of draft.have.keys()) await draft.write(index, large.bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES))
    await assert.rejects(draft.finish(), /EIO/)
    await draft.close()
    assert.equal(await store.has(large.part.cid), false)
  })

  it('is refused where the list has another number of pieces', async () => {
    const store = await blobStore(await temporaryFolder())
    await assert.rejects(blobDraft({ blobs: store, thread }, blob.part, blob.list.subarray(32)), named('CorruptBlobError', /list of pieces/))
  })
})
