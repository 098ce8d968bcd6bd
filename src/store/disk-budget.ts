import { readdir, stat, statfs, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreWriteError } from './errors.ts'
import { unfinishedBlobs } from './import-journal.ts'
import type { BlobStore, ModelStore } from './types.ts'
import type { Part } from '../model/index.ts'

export interface StoredFile {
  readonly cid: string
  readonly bytes: number
  readonly usedAtMs: number
}

export interface EvictionRequest {
  /** What could go. */
  readonly files: readonly StoredFile[]
  /** All that lies there, what could go included. */
  readonly usedBytes: number
  readonly limitBytes: number
  /** To be written. */
  readonly bytes: number
}

/** The least recently used files that have to go, in that order, and what is missing where even all of them are not enough. Pure. */
export function evictions ({ files, usedBytes, limitBytes, bytes }: EvictionRequest): { readonly evict: readonly StoredFile[], readonly missingBytes: number } {
  let over = usedBytes + bytes - limitBytes
  const evict: StoredFile[] = []
  for (const file of files.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (over <= 0) break
    evict.push(file)
    over -= file.bytes
  }
  return { evict: over > 0 ? [] : evict, missingBytes: Math.max(0, over) }
}

export interface MakeRoomRequest {
  /** To be written. */
  readonly bytes: number
  /** Of all blobs. @default what the disk has */
  readonly limitBytes?: number | undefined
  /** CIDs of blobs that stay. */
  readonly pinned: ReadonlySet<string>
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/**
 * Frees blobs that nobody here serves until there is room, the least recently used first. Manifests, tokenizers and lists of pieces stay: they are small.
 * @returns the bytes freed @throws {StoreWriteError} there can't be room; nothing was freed
 */
export async function makeRoom (store: Pick<ModelStore, 'blobs' | 'list'>, { bytes, limitBytes, pinned }: MakeRoomRequest): Promise<number> {
  if (bytes === 0) return 0
  const { blobs } = store
  const { bavail, bsize } = await statfs(blobs.folder)
  const freeBytes = bavail * bsize
  const files = await filesIn(blobs)
  const usedBytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const unfinished = await unfinishedBlobs(blobs)
  const weights = new Set((await store.list()).flatMap(({ manifest: { embedding, layers, head } }) => [embedding, ...layers, head].map(({ cid }) => cid)))
  const room = Math.min(limitBytes ?? Infinity, usedBytes + freeBytes)
  const { evict, missingBytes } = evictions({
    // without a limit of its own a node frees nothing: what lies there was wanted by somebody
    files: limitBytes === undefined ? [] : files.filter(({ cid }) => weights.has(cid) && !pinned.has(cid) && !unfinished.has(cid)),
    usedBytes,
    limitBytes: room,
    bytes
  })
  if (missingBytes > 0) {
    throw new StoreWriteError(`${megabytes(bytes)} of weights are to be fetched, and there is no room for ${megabytes(missingBytes)} of them ` +
      (limitBytes !== undefined && limitBytes <= usedBytes + freeBytes ? 'within --disk; allow more, serve fewer layers with --layers, or free some with "shoal rm MODEL"' : 'on the disk; free some space ("shoal rm MODEL"), or serve fewer layers with --layers'))
  }
  for (const { cid } of evict) await blobs.remove(cid)
  return evict.reduce((sum, file) => sum + file.bytes, 0)
}

/** Notes that blobs are in use now. Best effort: their times only say which of them may go first. */
export async function touch (blobs: Pick<BlobStore, 'path'>, parts: readonly Part[]): Promise<void> {
  const now = new Date()
  await Promise.all(parts.map(async ({ cid }) => { await utimes(blobs.path(cid), now, now).catch(() => { /* it keeps its old time */ }) }))
}

/** Everything that takes room among the blobs; a draft counts what it has, not what it will have. */
async function filesIn ({ folder }: Pick<BlobStore, 'folder'>): Promise<StoredFile[]> {
  const files = await Promise.all((await readdir(folder)).map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined)
    return found?.isFile() === true ? [{ cid: name, bytes: Math.min(found.size, found.blocks * 512), usedAtMs: found.mtimeMs }] : []
  }))
  return files.flat()
}
