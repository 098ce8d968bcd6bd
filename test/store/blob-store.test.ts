import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { blobCidOf, cidOf, PIECE_BYTES } from '../../src/model/index.ts'
import { blobStore } from '../../src/store/blob-store.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { fullAfter } from './full-disk.ts'

describe('the blob store', () => {
  after(removeFolders)

  it('names a blob and its list of pieces by their hashes, whatever pieces it came in', async () => {
    const store = await blobStore(await temporaryFolder())
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 3 * PIECE_BYTES }), fc.array(fc.integer({ min: 1, max: PIECE_BYTES * 2 }), { minLength: 1, maxLength: 4 }), async (size, cuts) => {
      const bytes = Buffer.alloc(size, 'abcdefg')
      const writer = await store.writer()
      for (let at = 0, turn = 0; at < size; turn++) {
        const next = Math.min(size, at + (cuts[turn % cuts.length] ?? 1))
        await writer.write(at, bytes.subarray(at, next))
        at = next
      }
      const made = await writer.finish(size)
      assert.deepEqual(Buffer.from(await readFile(store.path(made.cid))), bytes)
      const list = Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, piece) => createHash('sha256').update(bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES)).digest())
      assert.deepEqual([made.cid, made.pieces, made.size], [blobCidOf(Buffer.concat(list)), cidOf(Buffer.concat(list)), size])
      assert.deepEqual(Buffer.from(await store.read(made.pieces, 1e6)), Buffer.concat(list))
      assert.deepEqual(Buffer.from(await store.read(made.cid, size)), bytes)
    }), { numRuns: 15 })
  }).timeout(60_000)

  it('fills gaps with zeros and refuses to go back', async () => {
    const store = await blobStore(await temporaryFolder())
    const writer = await store.writer()
    await writer.write(2, Buffer.from('ab'))
    const { cid } = await writer.finish(6)
    assert.deepEqual([...await store.read(cid, 6)], [0, 0, 97, 98, 0, 0])
    assert.equal((await stat(store.path(cid))).mode & 0o222, 0)
    const other = await store.writer()
    await other.write(4, Buffer.from('ab'))
    await assert.rejects(other.write(5, Buffer.from('c')), RangeError)
    assert.deepEqual((await readdir(store.folder)).filter((name) => name.startsWith('tmp-')), [])
  })

  it('leaves nothing behind when the disk is full or the writing is given up', async () => {
    const store = await blobStore(await temporaryFolder(), { open: fullAfter(10) })
    const writer = await store.writer()
    await writer.write(0, Buffer.alloc(8))
    assert.equal((await readdir(store.folder)).length, 1)
    await assert.rejects(writer.write(8, Buffer.alloc(8)), (error) => error instanceof Error && error.name === 'StoreWriteError' && error.message.includes('disk is full'))
    assert.deepEqual(await readdir(store.folder), [])
    await writer.abort()
    const other = await store.writer()
    await other.abort()
    assert.deepEqual(await readdir(store.folder), [])
  })

  it('removes what dead processes left half-written, and nothing of a living one', async () => {
    const folder = await temporaryFolder()
    const own = `tmp-${process.pid}-00`
    for (const name of ['tmp-999999999-ab12', 'bafk.999999999.0123abcd.tmp', own, `tmp-${process.pid}-01`, 'tmp-notes']) {
      await writeFile(join(folder, name), '')
    }
    // a process of this number wrote it, an age ago
    await utimes(join(folder, `tmp-${process.pid}-01`), 0, 0)
    await blobStore(folder)
    assert.deepEqual((await readdir(folder)).sort(), [own, 'tmp-notes'])
  })

  it('removes downloads that nobody went on with for a month, and no younger ones', async () => {
    const folder = await temporaryFolder()
    const store = await blobStore(folder)
    const [old, young] = [store.partialPath(cidOf(Buffer.from('old'))), store.partialPath(cidOf(Buffer.from('young')))]
    const day = 24 * 60 * 60
    for (const [path, age] of [[old, 31 * day], [young, 29 * day]] as const) {
      await writeFile(path, 'pieces')
      await utimes(path, Date.now() / 1000 - age, Date.now() / 1000 - age)
    }
    await blobStore(folder)
    assert.deepEqual(await readdir(folder), [basename(young)])
  })

  it('gives a small blob only if it is what its name says', async () => {
    const store = await blobStore(await temporaryFolder())
    const cid = await store.put(Buffer.from('hello'))
    assert.equal(Buffer.from(await store.read(cid, 5)).toString(), 'hello')
    await assert.rejects(store.read(cid, 4), { name: 'CorruptBlobError' })
    await chmod(store.path(cid), 0o644)
    await writeFile(store.path(cid), 'hellO')
    await assert.rejects(store.read(cid, 5), (error) => error instanceof Error && error.name === 'CorruptBlobError' && error.message.includes('damaged'))
    await store.remove(cid)
    assert.equal(await store.has(cid), false)
    await assert.rejects(store.read(cid, 5), (error) => error instanceof Error && error.name === 'CorruptBlobError' && error.message.includes('missing'))
  })

  it('takes no path for a CID', async () => {
    const store = await blobStore(await temporaryFolder())
    for (const name of ['../models.json', '/etc/passwd', '', 'models.json', 'b/../../x']) {
      assert.throws(() => store.path(name), RangeError)
      assert.equal(await store.has(name), false)
    }
  })
})
