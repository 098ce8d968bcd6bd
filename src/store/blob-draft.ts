import { chmod, open as openSystemFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { cidOfDigest, PIECE_BYTES, type Part } from '../model/index.ts'
import { orDiskFull, syncFolder } from './atomic-file.ts'
import { CorruptBlobError } from './errors.ts'
import type { OpenFile } from './blob-writer.ts'
import { sharedBytes, type CheckedPiece, type HashingThread, type SharedBytes } from './hashing-thread.ts'
import type { BlobStore } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

export const HASH_BYTES = 32

/** A blob that comes in piece by piece, in any order, in a file aside until it is whole. */
export interface BlobDraft {
  /** Which pieces are here. */
  readonly have: readonly boolean[]
  /** Bytes of a piece. */
  length (piece: number): number
  /** Whether these are the piece's bytes; hashed beside this thread, as `BlobHasher.check` says. */
  check (piece: number, bytes: SharedBytes): Promise<Pick<CheckedPiece, 'isRight'>>
  /** Takes a piece that is right. @throws {StoreWriteError} */
  write (piece: number, bytes: Uint8Array): Promise<void>
  /** Compares the whole with the CID, and gives it its name. @throws {CorruptBlobError} it is not that blob; what is wrong is not kept */
  finish (): Promise<void>
  /** Leaves what is here for a later try, pieces that are being written included. */
  close (): Promise<void>
  /** Leaves nothing. */
  discard (): Promise<void>
}

export interface BlobDraftComponents {
  readonly blobs: Pick<BlobStore, 'folder' | 'path' | 'partialPath'>
  /** The caller's to close. */
  readonly thread: HashingThread
  /** Opens the file. @default the file system's */
  readonly open?: OpenFile
}

/** The disk is told to write after so much. */
const SYNC_BYTES = 32 * 1024 * 1024

export const pieceCount = (size: number): number => Math.ceil(size / PIECE_BYTES)

/**
 * Goes on with what an earlier try left: no journal says which pieces are there, their bytes do.
 * @param hashes the blob's list of pieces, checked
 * @throws {StoreWriteError}
 */
export async function blobDraft ({ blobs, thread, open = openSystemFile }: BlobDraftComponents, part: Pick<Part, 'cid' | 'size'>, hashes: Uint8Array, { signal }: AbortOptions = {}): Promise<BlobDraft> {
  const { cid, size } = part
  const count = pieceCount(size)
  if (hashes.byteLength !== count * HASH_BYTES) throw new CorruptBlobError(`the list of pieces of ${cid} has ${hashes.byteLength} bytes; ${count} pieces have ${count * HASH_BYTES}`)
  const path = blobs.partialPath(cid)
  const file = await orDiskFull(async () => await openBoth(path, open))
  const have = new Array<boolean>(count).fill(false)
  let closed = false

  const length = (piece: number): number => Math.min(PIECE_BYTES, size - piece * PIECE_BYTES)
  const hasher = thread.blob(hashes)
  let hashed = 0
  let whole: Uint8Array | undefined

  async function check (piece: number, bytes: SharedBytes): Promise<CheckedPiece> {
    const checked = await hasher.check(piece, bytes)
    hashed = checked.hashed
    whole = checked.whole
    return checked
  }

  let spare: SharedBytes | undefined
  /** Whether the file has the piece. One at a time. */
  async function isInFile (piece: number): Promise<boolean> {
    signal?.throwIfAborted()
    spare ??= sharedBytes(Math.min(PIECE_BYTES, size))
    const bytes = spare.subarray(0, length(piece))
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, piece * PIECE_BYTES)
    if (bytesRead < bytes.byteLength) return false
    return (await check(piece, bytes)).isRight
  }

  let hashing: Promise<void> | undefined
  /** What came out of order is read back for the whole's hash, as far as it goes, while the rest comes. */
  async function hashOn (): Promise<void> {
    while (!closed && have[hashed] === true && await isInFile(hashed));
  }
  const keepHashing = (): void => {
    hashing ??= hashOn().finally(() => { hashing = undefined })
    // whoever finishes the draft is told
    hashing.catch(() => undefined)
  }

  let unsynced = 0
  let syncFailure: { readonly error: unknown } | undefined
  let syncing: Promise<void> | undefined
  /** The disk works while the rest comes, so that the last of it is soon on it. What fails is told at the end, as a system tells it once. */
  function keepSyncing (bytes: number): void {
    unsynced += bytes
    if (unsynced < SYNC_BYTES || syncFailure !== undefined) return
    unsynced = 0
    syncing ??= file.datasync().catch((error: unknown) => { syncFailure = { error } }).finally(() => { syncing = undefined })
  }

  const writes = new Set<Promise<void>>()

  async function close (): Promise<void> {
    if (closed) return
    closed = true
    // whoever writes is told
    await Promise.allSettled(writes)
    await hashing?.catch(() => undefined)
    await syncing
    await file.close()
  }

  try {
    const bytesLeft = Math.min((await file.stat()).size, size)
    await file.truncate(bytesLeft)
    for (let piece = 0; piece < pieceCount(bytesLeft); piece++) have[piece] = await isInFile(piece)
  } catch (error) {
    await close()
    throw error
  }

  return {
    have,
    length,
    async check (piece, bytes) {
      if (bytes.byteLength !== length(piece)) throw new RangeError(`piece ${piece} of ${cid} has ${length(piece)} bytes, not ${bytes.byteLength}`)
      return await check(piece, bytes)
    },
    async write (piece, bytes) {
      const written = orDiskFull(async () => {
        for (let at = 0; at < bytes.byteLength;) at += (await file.write(bytes, at, bytes.byteLength - at, piece * PIECE_BYTES + at)).bytesWritten
      })
      writes.add(written)
      await written.finally(() => { writes.delete(written) })
      have[piece] = true
      if (closed) return
      keepHashing()
      keepSyncing(bytes.byteLength)
    },
    async finish () {
      await hashing
      await hashOn()
      if (hashed < count) throw new CorruptBlobError(`the disk does not keep what is written: piece ${hashed} of ${path} is not what it was`)
      if (whole === undefined || cidOfDigest(whole) !== cid) {
        await rm(path, { force: true })
        throw new CorruptBlobError(`the pieces that the manifest lists do not make up the blob ${cid}: whoever made this manifest is wrong`)
      }
      await orDiskFull(async () => {
        await syncing
        if (syncFailure !== undefined) throw syncFailure.error
        await file.sync()
        await file.chmod(0o444)
        await close()
        await rename(path, blobs.path(cid))
        await syncFolder(blobs.folder)
      })
    },
    close,
    async discard () {
      await close()
      await rm(path, { force: true })
    }
  }
}

/** For reading and writing, made where it is not there, its content kept. */
async function openBoth (path: string, open: OpenFile): Promise<FileHandle> {
  try {
    return await open(path, 'r+', 0o644)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return await open(path, 'wx+', 0o644)
    // whoever was about to name it was killed (Windows says EPERM)
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    await chmod(path, 0o644)
    return await open(path, 'r+', 0o644)
  }
}
