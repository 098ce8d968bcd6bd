/** What `kill.test.ts` kills: imports, downloads or evicts in a data folder until it is done. Says `begun` first. */
import { join } from 'node:path'
import { spanParts } from '../../src/model/index.ts'
import { diskBudget, fetchBlobs, importModel, modelStore, peerPool, writeFileAtomic } from '../../src/store/index.ts'
import { root } from '../support/shoal.ts'
import { servedPeers, testBlob } from './peers/blobs.ts'

const [mode = '', folder = '', stockedFolder = ''] = process.argv.slice(2)
const SLOW_BYTES_PER_SECOND = 10e6
const store = await modelStore(folder)
const say = (): void => { process.stdout.write('begun\n') }

async function download (): Promise<void> {
  const stocked = await modelStore(stockedFolder)
  const { modelId, manifest } = await stocked.get('atlas')
  const peers = servedPeers()
  await peers.serve('a', stocked.blobs, { bytesPerSecond: SLOW_BYTES_PER_SECOND })
  await writeFileAtomic(store.blobs.path(modelId), await stocked.blobs.read(modelId, 2 ** 24), 0o444)
  await store.add('atlas', modelId)
  const pool = peerPool({ find: () => ['a'], connect: async (id) => await peers.connect(id) })
  await fetchBlobs({ blobs: store.blobs, pool }, { parts: [manifest.tokenizer, ...spanParts(manifest, { start: 0, end: manifest.layers.length })] })
  pool.close()
}

if (mode === 'import') {
  say()
  await importModel({ source: join(root, 'models', 'atlas'), name: 'atlas', store })
} else if (mode === 'download') {
  say()
  await download()
} else {
  await download()
  say()
  for (let turn = 0; turn < 3; turn++) {
    const { bytes, manifest } = await store.get('atlas')
    const size = manifest.layers[0]?.size ?? 0
    const room = await diskBudget(store, { limitBytes: bytes + size }).makeRoom([{ ...testBlob(16).part, size: 4 * size }])
    room.release()
    await download()
  }
}
process.exit(0)
