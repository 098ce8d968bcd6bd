import { isAside } from './atomic-file.ts'
import { filesIn, type StoredFile } from './disk-usage.ts'
import { unfinishedBlobs } from './import-journal.ts'
import type { BlobStore, StoredModel } from './types.ts'

/** What is younger may belong to an import or a fetch that says so in a moment. */
const YOUNG_MS = 60_000

/**
 * Files among the blobs that belong to no model, no import and no download of a model's blob.
 * @param models all that there are: what one of them needs is no orphan
 * @param nowMs in ms since 1970, as the times of files are
 */
export async function orphanFiles ({ folder }: Pick<BlobStore, 'folder'>, models: readonly StoredModel[], nowMs: number): Promise<StoredFile[]> {
  const known = await unfinishedBlobs({ folder })
  for (const { modelId, manifest: { tokenizer, embedding, layers, head } } of models) {
    known.add(modelId)
    for (const { cid, pieces } of [tokenizer, embedding, ...layers, head]) known.add(cid).add(pieces)
  }
  return (await filesIn(folder)).filter(({ name, cid, usedAtMs }) => !known.has(cid) && !isAside(name) && nowMs - usedAtMs > YOUNG_MS)
}
