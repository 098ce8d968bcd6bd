/** Peers that promise and then do next to nothing: none of them keeps a fetch from the others, from the hub or from its end. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { BlobType } from '../../../protocols/blob/index.ts'
import { encodeFrame } from '../../../protocols/frame/index.ts'
import { PIECE_BYTES } from '../../../src/model/index.ts'
import { fetchBlobs, fetchWhole, peerPool, type BlobStore, type FetchBlobsRequest, type PeerPool } from '../../../src/store/index.ts'
import { blobStore } from '../../../src/store/blob-store.ts'
import { removeFolders, temporaryFolder } from '../../support/shoal.ts'
import { promising, put, servedPeers, testBlob, trickling, type ServedPeers, type TestBlob } from './blobs.ts'

/** Peers that never fall silent long enough to be dropped. */
const PATIENT = { silenceMs: 600_000 }
const SOON = { peersFirstMs: 0, lookEveryMs: 20 }
const isNoSource = (error: unknown): boolean => error instanceof Error && error.name === 'NoSourceError'

describe('a peer that promises all and sends a byte now and then', function () {
  this.timeout(20_000)
  after(removeFolders)
  const blob = testBlob(2 * PIECE_BYTES + 5, 21)
  const single = testBlob(1000, 22)

  let stocked: BlobStore
  let store: BlobStore
  let pool: PeerPool | undefined
  before(async () => {
    stocked = await blobStore(await temporaryFolder())
    for (const one of [blob, single]) await put(stocked, one)
  })
  beforeEach(async () => {
    store = await blobStore(await temporaryFolder())
    for (const { list } of [blob, single]) await store.put(list)
  })
  afterEach(() => { pool?.close() })

  const pooled = (peers: ServedPeers, ids: readonly string[]): PeerPool => pool = peerPool({ find: () => ids, connect: async (id) => await peers.connect(id) }, { againMs: 60_000 })

  async function fetched (one: TestBlob, peers: ServedPeers, ids: readonly string[], request: Partial<FetchBlobsRequest> = {}): Promise<void> {
    await fetchBlobs({ blobs: store, pool: pooled(peers, ids) }, { parts: [one.part], ...SOON, ...request })
    assert.ok(one.bytes.equals(await readFile(store.path(one.part.cid))), 'the very bytes')
  }

  it('does not keep others from being looked for, though it leaves the next question open', async () => {
    const peers = servedPeers(PATIENT)
    const ids = ['trickler']
    peers.act('trickler', promising([blob], trickling(50), () => { if (!ids.includes('honest')) ids.push('honest') }))
    await peers.serve('honest', stocked)
    await fetched(blob, peers, ids)
  })

  it('does not keep a fetch from its end', async () => {
    const peers = servedPeers(PATIENT)
    peers.act('trickler', promising([blob], trickling(50)))
    await assert.rejects(fetched(blob, peers, ['trickler'], { patienceMs: 300 }), isNoSource)
  })

  it('does not keep the hub from being asked', async () => {
    const peers = servedPeers({ silenceMs: 200 })
    peers.act('trickler', promising([blob], trickling(50)))
    await fetchBlobs({ blobs: store, pool: pooled(peers, ['trickler']), hub: { make: async () => { await put(store, blob) } } }, { parts: [blob.part], ...SOON, peersFirstMs: 100 })
    assert.ok(await store.has(blob.part.cid))
  })

  it('can keep the last piece from others with no accomplice', async () => {
    const peers = servedPeers(PATIENT)
    const ids = ['first', 'second']
    let asked = 0
    for (const id of ids.slice()) peers.act(id, promising([single], trickling(50, () => { if (++asked === 2) ids.push('honest') })))
    await peers.serve('honest', stocked)
    await fetched(single, peers, ids, { lateMs: 100 })
    assert.equal(peers.sent('honest'), single.part.size)
  })

  it('can keep no piece by being busy either', async () => {
    const peers = servedPeers(PATIENT)
    const ids = ['first', 'second']
    let asked = 0
    for (const id of ids.slice()) {
      peers.act(id, promising([single], (link, lap) => {
        link.send(encodeFrame({ type: BlobType.busy, lap, position: 60_000 }))
        if (++asked === 2) ids.push('honest')
      }))
    }
    await peers.serve('honest', stocked)
    await fetched(single, peers, ids, { lateMs: 60_000 })
  })

  it('does not keep a manifest from coming from the next', async () => {
    const peers = servedPeers(PATIENT)
    peers.act('trickler', promising([blob], trickling(50)))
    await peers.serve('honest', stocked)
    const bytes = await fetchWhole(pooled(peers, ['trickler', 'honest']), { cid: blob.part.cid, what: 'a manifest', maxBytes: 3 * PIECE_BYTES })
    assert.ok(blob.bytes.equals(bytes))
  })

  it('does not keep a manifest\'s fetch from its end', async () => {
    const peers = servedPeers(PATIENT)
    peers.act('trickler', promising([blob], trickling(50)))
    await assert.rejects(fetchWhole(pooled(peers, ['trickler']), { cid: blob.part.cid, what: 'a manifest', maxBytes: 3 * PIECE_BYTES, patienceMs: 100 }), isNoSource)
  })
})
