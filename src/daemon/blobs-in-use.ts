import { spanParts } from '../model/index.ts'
import { findDaemon } from './state-file.ts'
import type { StoredModel } from '../store/index.ts'

/** CIDs of what the node on this folder computes with. */
export async function blobsInUse (folder: string, models: readonly StoredModel[]): Promise<Set<string>> {
  const daemon = await findDaemon(folder)
  const served = models.find(({ modelId }) => modelId === daemon?.modelId)
  if (daemon === undefined || served === undefined) return new Set()
  const [start, end] = daemon.span
  // a node that only shares weights has no span
  return new Set([served.manifest.tokenizer, ...(end > start ? spanParts(served.manifest, { start, end }) : [])].map(({ cid }) => cid))
}
