import { rm, statfs, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { filesIn, type StoredFile } from './disk-usage.ts'
import { StoreWriteError } from './errors.ts'
import { unfinishedBlobs } from './import-journal.ts'
import type { ModelStore } from './types.ts'
import type { Part } from '../model/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface EvictionRequest {
  /** All that lies there. */
  readonly files: readonly StoredFile[]
  mayGo (file: StoredFile): boolean
  readonly limitBytes: number
  /** To be written. */
  readonly bytes: number
}

/** The least recently used files that have to go, in that order, and what is missing where even all of them are not enough. Pure. */
export function evictions ({ files, mayGo, limitBytes, bytes }: EvictionRequest): { readonly evict: readonly StoredFile[], readonly missingBytes: number } {
  let over = files.reduce((sum, file) => sum + file.bytes, bytes) - limitBytes
  const evict: StoredFile[] = []
  for (const file of files.filter(mayGo).sort((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (over <= 0) break
    evict.push(file)
    over -= file.bytes
  }
  return { evict: over > 0 ? [] : evict, missingBytes: Math.max(0, over) }
}

export interface DiskBudgetInit {
  /** Of all that lies among the blobs. @default what the disk has */
  readonly limitBytes?: number | undefined
  /** CIDs of blobs that are in use. */
  pinned? (): Iterable<string>
  /** In ms since 1970, as the times of files are. */
  now? (): number
}

/** Room that was promised. */
export interface Room {
  /** That were freed for it. */
  readonly freedBytes: number
  /** Once all is written, or nothing more will be. Idempotent. */
  release (): void
}

/** Room for what has no CID yet. */
export interface Reserved extends Room {
  /** So much of it lies on the disk. */
  written (bytes: number): void
}

export interface ReserveOptions extends AbortOptions {
  /** CIDs of blobs that belong to what is to come, and stay. */
  readonly beside?: Iterable<string>
}

/** How much may lie among the blobs, and what goes when more is to come. */
export interface DiskBudget {
  /**
   * Frees blobs that nobody here uses until there is room for what `parts` lack, the least recently used first. Until the room is released
   * the parts stay, and nobody else gets it. Manifests, tokenizers and lists of pieces are small and never go.
   * @throws {StoreWriteError} there can't be room; nothing was freed
   */
  makeRoom (parts: readonly Part[], options?: AbortOptions): Promise<Room>
  /** The same for blobs that are made here, whose CIDs show when they are whole. @throws {StoreWriteError} as `makeRoom` */
  reserve (bytes: number, options?: ReserveOptions): Promise<Reserved>
  /** Notes that blobs are in use now. Best effort: their times only say which of them may go first. */
  touch (cids: Iterable<string>): Promise<void>
}

/** What is to come, and counts as being here. */
interface Promised {
  readonly parts: readonly Part[]
  /** CIDs of other blobs that stay. */
  readonly beside: readonly string[]
  /** Beside the parts. */
  bytes: number
}

/** A download that has moved since may be another process's. */
const ABANDONED_MS = 10 * 60 * 1000
const TOUCH_EVERY_MS = 60 * 1000

export function diskBudget (store: Pick<ModelStore, 'blobs' | 'list'>, { limitBytes, pinned = () => [], now = Date.now }: DiskBudgetInit = {}): DiskBudget {
  const { blobs } = store
  const promised = new Set<Promised>()
  const touchedAt = new Map<string, number>()
  /** Two at once would count on the same room. */
  let last: Promise<unknown> = Promise.resolve()

  /** Blobs that stay, whatever room is wanted. */
  async function kept (): Promise<Set<string>> {
    const unfinished = await unfinishedBlobs(blobs)
    for (const cid of pinned()) unfinished.add(cid)
    for (const { parts, beside } of promised) [...parts.map(({ cid }) => cid), ...beside].forEach((cid) => unfinished.add(cid))
    return unfinished
  }

  async function free (wanted: Promised): Promise<number> {
    promised.add(wanted)
    try {
      const { bavail, bsize } = await statfs(blobs.folder)
      const files = await filesIn(blobs.folder)
      const used = files.reduce((sum, file) => sum + file.bytes, 0)
      const onDisk = used + bavail * bsize
      const missing = lacking([wanted], files)
      if (missing === 0) return 0
      const stays = await kept()
      // only what is known to be weights: a list of pieces or a manifest has a name of the same kind
      const weights = new Set((await store.list(() => { /* what belongs to a damaged manifest can't be known, and stays */ }))
        .flatMap(({ manifest: { embedding, layers, head } }) => [embedding, ...layers, head].map(({ cid }) => cid)))
      const idleSince = now() - ABANDONED_MS
      const { evict, missingBytes } = evictions({
        files,
        // without a limit of its own a node frees nothing: what lies there was wanted by somebody
        mayGo: ({ cid, isPartial, usedAtMs }) => limitBytes !== undefined && !stays.has(cid) && (isPartial ? usedAtMs < idleSince : weights.has(cid)),
        limitBytes: Math.min(limitBytes ?? Infinity, onDisk),
        bytes: lacking([...promised], files)
      })
      if (missingBytes > 0) throw noRoom(missing, missingBytes, limitBytes !== undefined && limitBytes <= onDisk)
      for (const { name } of evict) await rm(join(blobs.folder, name), { force: true })
      return evict.reduce((sum, file) => sum + file.bytes, 0)
    } catch (error) {
      promised.delete(wanted)
      throw error
    }
  }

  async function room (wanted: Promised, { signal }: AbortOptions): Promise<Room> {
    const done = last.then(async () => {
      signal?.throwIfAborted()
      return await free(wanted)
    })
    last = done.catch(() => { /* told to whoever waits for it */ })
    const freedBytes = await done
    return { freedBytes, release () { promised.delete(wanted) } }
  }

  return {
    makeRoom: async (parts, options = {}) => await room({ parts: [...parts], beside: [], bytes: 0 }, options),

    async reserve (bytes, { beside = [], ...options } = {}) {
      const own: Promised = { parts: [], beside: [...beside], bytes }
      return { ...await room(own, options), written (some) { own.bytes = Math.max(0, own.bytes - some) } }
    },

    async touch (cids) {
      const at = now()
      await Promise.all([...cids].map(async (cid) => {
        if (at - (touchedAt.get(cid) ?? -Infinity) < TOUCH_EVERY_MS) return
        touchedAt.set(cid, at)
        await utimes(blobs.path(cid), at / 1000, at / 1000).catch(() => { /* it keeps its old time */ })
      }))
    }
  }
}

/** Bytes that are still to be written: what an earlier try left counts. */
function lacking (wanted: readonly Promised[], files: readonly StoredFile[]): number {
  const whole = new Set(files.filter(({ isPartial }) => !isPartial).map(({ cid }) => cid))
  const begun = new Map(files.filter(({ isPartial }) => isPartial).map(({ cid, bytes }) => [cid, bytes]))
  const missing = new Map(wanted.flatMap(({ parts }) => parts).filter(({ cid }) => !whole.has(cid)).map(({ cid, size }) => [cid, size]))
  return [...missing].reduce((sum, [cid, size]) => sum + Math.max(0, size - (begun.get(cid) ?? 0)), wanted.reduce((sum, { bytes }) => sum + bytes, 0))
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

function noRoom (bytes: number, missingBytes: number, isLimit: boolean): StoreWriteError {
  return new StoreWriteError(`${megabytes(bytes)} of weights are to come, and there is no room for ${megabytes(missingBytes)} of them ` +
    (isLimit ? 'within --disk; allow more, serve fewer layers with --layers, or free some with "shoal rm MODEL"' : 'on the disk; free some space ("shoal rm MODEL"), or serve fewer layers with --layers'))
}
