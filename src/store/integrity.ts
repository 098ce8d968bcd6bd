import { createHash } from 'node:crypto'
import { chmod, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { HASH_BYTES, PIECE_BYTES, pieceCount, type Part } from '../model/index.ts'
import { blobHashes } from './blob-writer.ts'
import { CorruptBlobError } from './errors.ts'
import type { BlobStore } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

/** A blob that is on the disk and is not what its name says. */
export interface Damage {
  readonly part: Part
  /** For people. */
  readonly reason: string
}

type Blobs = Pick<BlobStore, 'path' | 'has' | 'read'>

/** Pieces of each blob that a quick check reads, beside the first and the last. */
const SAMPLED = 2

export interface QuickCheckOptions extends AbortOptions {
  /** In [0, 1). */
  random (): number
  /** Bytes that were read, of all that will be. */
  onBytes? (done: number, total: number): void
}

/**
 * Looks at the size and at a few pieces of each blob that is here: what a disk lost is mostly whole files, their ends, or more than one
 * sector. The full check is `verifyBlob`.
 */
export async function quickCheck (blobs: Blobs, parts: readonly Part[], { random, signal, onBytes }: QuickCheckOptions): Promise<Damage[]> {
  const found: Damage[] = []
  const isHere = await Promise.all(parts.map(async ({ cid }) => await blobs.has(cid)))
  const looks = parts.filter((_, index) => isHere[index] === true).map((part) => {
    const count = pieceCount(part.size)
    const pieces = new Set([0, count - 1, ...Array.from({ length: SAMPLED }, () => Math.floor(random() * count))])
    return { part, pieces, bytes: [...pieces].reduce((sum, piece) => sum + Math.min(PIECE_BYTES, part.size - piece * PIECE_BYTES), 0) }
  })
  const total = looks.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  for (const { part, pieces, bytes } of looks) {
    signal?.throwIfAborted()
    const reason = await wrongIn(blobs, part, pieces, {})
    if (reason !== undefined) found.push({ part, reason })
    done += bytes
    onBytes?.(done, total)
  }
  return found
}

export interface VerifyOptions extends AbortOptions {
  /** Bytes of this blob that were read. */
  onBytes? (done: number): void
}

/** Hashes every byte of a blob that is here. Undefined: it is right. */
export async function verifyBlob (blobs: Blobs, part: Part, options: VerifyOptions = {}): Promise<Damage | undefined> {
  const reason = await wrongIn(blobs, part, undefined, options)
  return reason === undefined ? undefined : { part, reason }
}

/**
 * Writes a blob's list of pieces anew where the blob itself is right: that takes no peer.
 * @returns whether the blob and its list are what the manifest says
 */
export async function mend (blobs: Pick<BlobStore, 'path' | 'put'>, { cid, size }: Part, { signal }: AbortOptions = {}): Promise<boolean> {
  const found = await stat(blobs.path(cid)).catch(() => undefined)
  if (found?.size !== size) return false
  const file = await open(blobs.path(cid), 'r')
  try {
    const hashes = blobHashes()
    const buffer = new Uint8Array(Math.min(PIECE_BYTES, size))
    for (let at = 0; at < size; at += PIECE_BYTES) {
      signal?.throwIfAborted()
      const bytes = buffer.subarray(0, Math.min(PIECE_BYTES, size - at))
      await readAll(file, bytes, at)
      hashes.update(bytes)
    }
    const made = hashes.finish()
    if (made.cid !== cid) return false
    await blobs.put(made.pieceList)
    return true
  } finally {
    await file.close()
  }
}

/**
 * Takes a damaged blob out of the way, so that nobody maps it. Its pieces stay as a draft: a fetch keeps the right ones and brings the others.
 */
export async function setAside (blobs: Pick<BlobStore, 'path' | 'partialPath'>, { cid, pieces }: Part): Promise<void> {
  // the list may be what is wrong; it is small, and comes anew
  await rm(blobs.path(pieces), { force: true })
  await chmod(blobs.path(cid), 0o644)
  await rename(blobs.path(cid), blobs.partialPath(cid))
}

/** @param pieces those to look at; undefined: all */
async function wrongIn (blobs: Blobs, part: Part, pieces: ReadonlySet<number> | undefined, { signal, onBytes }: VerifyOptions): Promise<string | undefined> {
  const { size } = await stat(blobs.path(part.cid))
  if (size !== part.size) return `it has ${size} bytes in place of ${part.size}`
  const count = pieceCount(part.size)
  const hashes = await blobs.read(part.pieces, count * HASH_BYTES).catch((error: unknown) => {
    if (error instanceof CorruptBlobError) return undefined
    throw error
  })
  if (hashes?.byteLength !== count * HASH_BYTES) return 'its list of pieces is missing or damaged'

  const file = await open(blobs.path(part.cid), 'r')
  try {
    const buffer = new Uint8Array(Math.min(PIECE_BYTES, size))
    const wrong: number[] = []
    for (const piece of pieces ?? Array.from({ length: count }, (_, index) => index)) {
      signal?.throwIfAborted()
      const bytes = buffer.subarray(0, Math.min(PIECE_BYTES, size - piece * PIECE_BYTES))
      await readAll(file, bytes, piece * PIECE_BYTES)
      if (!createHash('sha256').update(bytes).digest().equals(hashes.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES))) wrong.push(piece)
      onBytes?.(piece * PIECE_BYTES + bytes.byteLength)
    }
    if (wrong.length > 0) return `${wrong.length === 1 ? 'piece' : 'pieces'} ${wrong.slice(0, 8).join(', ')}${wrong.length > 8 ? ', …' : ''} of ${count} ${wrong.length === 1 ? 'is' : 'are'} not what ${wrong.length === 1 ? 'it was' : 'they were'}`
    return undefined
  } finally {
    await file.close()
  }
}

/** What can't be read counts as zeros: it is damaged. */
async function readAll (file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  into.fill(0)
  for (let at = 0; at < into.byteLength;) {
    const { bytesRead } = await file.read(into, at, into.byteLength - at, position + at).catch(() => ({ bytesRead: 0 }))
    if (bytesRead === 0) return
    at += bytesRead
  }
}
