import { orStillToCome } from '../atomic-file.ts'
import { HASH_BYTES, pieceCount, type Part } from '../../model/index.ts'
import { blobDraft } from '../blob-draft.ts'
import { NoSourceError } from '../errors.ts'
import { bytesHere, download, type Wanted } from './download.ts'
import { fetchWhole } from './fetch-whole.ts'
import type { FetchBlobsComponents, FetchBlobsRequest } from './types.ts'

/** With a hub, peers have this long to send a list of pieces. */
const LISTS_FIRST_MS = 2_000

/**
 * Brings the blobs of `parts` here, from several peers at once: every piece is checked before it counts, what a lying or
 * stalled peer owed is asked of others, and what an earlier try left is not fetched again.
 * @throws {NoSourceError} naming how much is missing @throws {StoreWriteError} @throws {CorruptBlobError} the manifest contradicts itself
 */
export async function fetchBlobs (components: FetchBlobsComponents, request: FetchBlobsRequest): Promise<void> {
  const { blobs } = components
  const options = request.signal == null ? {} : { signal: request.signal }
  const here = await Promise.all(request.parts.map(async ({ cid }) => await blobs.has(cid)))
  const parts = [...new Map(request.parts.filter((_, index) => here[index] !== true).map((part) => [part.cid, part])).values()]
  if (parts.length === 0) return
  const wanted: Wanted[] = []
  const missing = (): number => wanted.reduce((sum, { part, draft }) => sum + part.size - bytesHere(draft), 0)
  // where peers lacked one list, the hub is not kept waiting for the others
  let patienceMs = components.hub === undefined ? request.patienceMs : LISTS_FIRST_MS
  try {
    for (const part of parts) {
      const hashes = await pieceHashes(components, part, { ...request, ...(patienceMs === undefined ? {} : { patienceMs }) })
      if (hashes === undefined) patienceMs = 0
      // a part of which nobody has the list comes from the hub whole
      if (hashes === undefined) await components.hub?.make(part, options)
      else wanted.push({ part, draft: await blobDraft({ blobs, ...(components.open === undefined ? {} : { open: components.open }) }, part, hashes, options) })
    }
    await orStillToCome(async () => { await download(components, request, wanted) }, missing)
  } catch (error) {
    // waits are ended by errors of their own
    request.signal?.throwIfAborted()
    throw error
  } finally {
    await Promise.all(wanted.map(async ({ draft }) => { await draft.close() }))
  }
}

/** A part's list of pieces: from the disk, else from peers. Undefined where none has it, and there is a hub. @throws {NoSourceError} */
async function pieceHashes ({ blobs, pool, hub }: FetchBlobsComponents, part: Part, { patienceMs, signal }: FetchBlobsRequest): Promise<Uint8Array | undefined> {
  const maxBytes = pieceCount(part.size) * HASH_BYTES
  if (await blobs.has(part.pieces)) return await blobs.read(part.pieces, maxBytes)
  try {
    const bytes = await fetchWhole(pool, { cid: part.pieces, what: 'a list of pieces', maxBytes, ...(patienceMs == null ? {} : { patienceMs }), ...(signal == null ? {} : { signal }) })
    await blobs.put(bytes)
    return bytes
  } catch (error) {
    if (hub !== undefined && error instanceof NoSourceError) return undefined
    throw error
  }
}
