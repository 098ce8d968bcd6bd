/** The hub and peers at work on the same blob. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { BlobType } from '../../../protocols/blob/index.ts'
import { readHeader } from '../../../protocols/frame/index.ts'
import { PIECE_BYTES } from '../../../src/model/index.ts'
import { fetchBlobs, peerPool, type BlobMaker, type BlobStore, type FetchProgress, type PeerPool } from '../../../src/store/index.ts'
import { blobStore } from '../../../src/store/blob-store.ts'
import type { Link } from '../../../src/p2p/index.ts'
import { removeFolders, temporaryFolder } from '../../support/shoal.ts'
import { changed, put, servedPeers, testBlob, type ServedPeers } from './blobs.ts'

describe('a blob that both the hub and a peer bring', function () {
  this.timeout(20_000)
  after(removeFolders)
  const [both, other] = [testBlob(3 * PIECE_BYTES, 31), testBlob(1000, 32)] as const
  const blobs = [both, other]
  const total = both.part.size + other.part.size

  let stocked: BlobStore
  let store: BlobStore
  let pool: PeerPool | undefined
  let peers: ServedPeers
  /** Peers that can be found. */
  let ids: string[]
  before(async () => {
    stocked = await blobStore(await temporaryFolder())
    await put(stocked, both)
  })
  beforeEach(async () => {
    store = await blobStore(await temporaryFolder())
    for (const { list } of blobs) await store.put(list)
    peers = servedPeers()
    ids = []
  })
  afterEach(() => { pool?.close() })

  /** `make` is called for the blob that both bring; the hub makes the other one as soon as it may. */
  async function fetched (make: BlobMaker['make'], makeOther = async (): Promise<void> => { await put(store, other) }): Promise<void> {
    const told: FetchProgress[] = []
    pool = peerPool({ find: () => ids, connect: async (id) => await peers.connect(id) })
    const hub: BlobMaker = { make: async (part, options) => { await (part.cid === both.part.cid ? make(part, options) : makeOther()) } }
    await fetchBlobs({ blobs: store, pool, hub }, { parts: blobs.map(({ part }) => part), peersFirstMs: 0, lookEveryMs: 20, onProgress (progress) { told.push(progress) } })
    for (const { part, bytes } of blobs) assert.ok(bytes.equals(await readFile(store.path(part.cid))), 'the very bytes')
    assert.deepEqual((await readdir(store.folder)).filter((name) => name.startsWith('partial-')), [])
    assert.equal(told.at(-1)?.done, total, 'each byte counts once')
    assert.ok(told.every(({ done }) => done <= total))
  }

  it('is the hub\'s where it is quicker: what the peer still sends disturbs nothing', async () => {
    const begun = Promise.withResolvers<undefined>()
    const held: Array<() => void> = []
    let isHeld = true
    await peers.serve('late', stocked, {
      wrap: (link: Link) => changed(link, (frame) => {
        if (!isHeld || (held.length === 0 && readHeader(frame).type !== BlobType.data)) return frame
        held.push(() => { link.send(frame) })
        begun.resolve(undefined)
        return undefined
      })
    })
    await fetched(async () => {
      ids.push('late')
      await begun.promise
      await put(store, both)
    }, async () => {
      isHeld = false
      held.forEach((release) => { release() })
      for (let count = 0; count < 50; count++) await turn()
      await put(store, other)
    })
  })

  it('is the peer\'s where that is quicker: the hub is told to stop, and whether it does or not, the blob counts once', async () => {
    await peers.serve('quick', stocked)
    for (const stops of [true, false]) {
      await Promise.all([both, other].map(async ({ part }) => { await store.remove(part.cid) }))
      ids = []
      let told: AbortSignal | undefined
      await fetched(async (part, { signal, onBytes }) => {
        told = signal
        onBytes?.(both.part.size / 2)
        ids.push('quick')
        while (!await store.has(part.cid)) {
          await turn()
          if (stops) signal?.throwIfAborted()
        }
        await put(store, both)
      })
      assert.equal(told?.aborted, true)
      pool?.close()
    }
  })

  it('is the peer\'s where the hub fails and a peer has it by then; where none has, the hub\'s failure is told', async () => {
    await peers.serve('slow', stocked, { bytesPerSecond: 4_000_000 })
    let asked = 0
    await fetched(async () => {
      asked++
      ids.push('slow')
      while (pool?.peers().length !== 1) await delay(5)
      // it is asked what it has
      await delay(50)
      throw new Error('the hub is gone')
    })
    assert.equal(asked, 1)
    await Promise.all([both, other].map(async ({ part }) => { await store.remove(part.cid) }))
    ids = []
    pool?.close()
    await assert.rejects(fetched(async () => { await Promise.reject(new Error('the hub is gone')) }), /the hub is gone/)
  })
})
