/** Work on a store that can be cut off anywhere and begun again. */
import { join } from 'node:path'
import { importInto, removeModel } from '../../../src/daemon/index.ts'
import { PIECE_BYTES, type Part } from '../../../src/model/index.ts'
import { blobDraft } from '../../../src/store/blob-draft.ts'
import { diskBudget, modelStore } from '../../../src/store/index.ts'
import { fixtureFolder } from '../../support/reference.ts'
import { testBlob } from '../peers/blobs.ts'

/** Fetched piece by piece. */
export const fetched = testBlob(4 * PIECE_BYTES + 17, 5)
/** Of all blobs. */
export const LIMIT_BYTES = 1_000_000
/** Needs room that three layers of the tiny model have. */
export const wanted: Part = testBlob(400_000, 9).part

export const tasks: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  import: async (folder) => { await importInto(folder, join(fixtureFolder, 'models', 'llama'), { name: 'm' }) },

  rm: async (folder) => { await removeModel(folder, 'm') },

  async evict (folder) {
    const store = await modelStore(folder)
    const { embedding, head } = (await store.get('m')).manifest
    const room = await diskBudget(store, { limitBytes: LIMIT_BYTES, pinned: () => [embedding.cid, head.cid] }).makeRoom([wanted])
    room.release()
  },

  async fetch (folder) {
    const { blobs } = await modelStore(folder)
    const draft = await blobDraft({ blobs }, fetched.part, fetched.list)
    for (const [piece, here] of draft.have.entries()) {
      if (!here) await draft.take(piece, new Uint8Array(fetched.bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES)))
    }
    await draft.finish()
  }
}
