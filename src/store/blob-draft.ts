import { webcrypto } from 'node:crypto'
import { chmod, open as openSystemFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { equals } from 'uint8arrays/equals'
import { blobCidOf, HASH_BYTES, PIECE_BYTES, pieceCount, type Part } from '../model/index.ts'
import { orDiskFull, syncFolder } from './atomic-file.ts'
import { CorruptBlobError } from './errors.ts'
import type { OpenFile } from './blob-writer.ts'
import type { BlobStore } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

/** A blob that comes in piece by piece, in any order, in a file aside until it is whole. */
export interface BlobDraft {
  /** Which pieces are here. */
  readonly have: readonly boolean[]
  /** Bytes of a piece. */
  length (piece: number): number
  /** Takes a piece where it is right, hashed and written beside the event loop; says whether it was. Nobody may write to `bytes` meanwhile. @throws {StoreWriteError} */
  take (piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>
  /** Gives the blob its name, when all pieces are here. @throws {StoreWriteError} */
  finish (): Promise<void>
  /** Leaves what is here for a later try, pieces that are being written included. */
  close (): Promise<void>
  /** Leaves nothing. */
  discard (): Promise<void>
}

export interface BlobDraftComponents {
  readonly blobs: Pick<BlobStore, 'folder' | 'path' | 'partialPath'>
  /** Opens the file. @default the file system's */
  readonly open?: OpenFile
}

/** The disk is told to write after so much. */
const SYNC_BYTES = 32 * 1024 * 1024

/**
 * Goes on with what an earlier try left: no journal says which pieces are there, their bytes do.
 * @param hashes the blob's list of pieces, checked
 * @throws {StoreWriteError} @throws {CorruptBlobError} this is not the blob's list
 */
export async function blobDraft ({ blobs, open = openSystemFile }: BlobDraftComponents, part: Pick<Part, 'cid' | 'size'>, hashes: Uint8Array, { signal }: AbortOptions = {}): Promise<BlobDraft> {
  const { cid, size } = part
  const count = pieceCount(size)
  if (hashes.byteLength !== count * HASH_BYTES || blobCidOf(hashes) !== cid) throw new CorruptBlobError(`the list of ${hashes.byteLength / HASH_BYTES} pieces is not the one of ${cid}, which has ${count}`)
  const path = blobs.partialPath(cid)
  const file = await orDiskFull(async () => await openBoth(path, open))
  const have = new Array<boolean>(count).fill(false)
  let closed = false

  const length = (piece: number): number => Math.min(PIECE_BYTES, size - piece * PIECE_BYTES)
  /** Hashed by a thread of the pool: the event loop is busy with decryption while weights come in. */
  async function isRight (piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return equals(new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes)), hashes.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES))
  }

  let spare: Uint8Array<ArrayBuffer> | undefined
  /** Whether the file has the piece. One at a time. */
  async function isInFile (piece: number): Promise<boolean> {
    signal?.throwIfAborted()
    spare ??= new Uint8Array(Math.min(PIECE_BYTES, size))
    const bytes = spare.subarray(0, length(piece))
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, piece * PIECE_BYTES)
    if (bytesRead < bytes.byteLength) return false
    return await isRight(piece, bytes)
  }

  let unsynced = 0
  let syncFailure: { readonly error: unknown } | undefined
  let syncing: Promise<void> | undefined
  /** The disk works while the rest comes, so that the last of it is soon on it. What fails is told at the end, as a system tells it once. */
  function keepSyncing (bytes: number): void {
    unsynced += bytes
    if (closed || unsynced < SYNC_BYTES || syncFailure !== undefined) return
    unsynced = 0
    syncing ??= file.datasync().catch((error: unknown) => { syncFailure = { error } }).finally(() => { syncing = undefined })
  }

  const taking = new Set<Promise<boolean>>()
  /** One after another: several writes to one file spin while they wait for its lock. */
  let writing: Promise<unknown> = Promise.resolve()

  async function write (piece: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) at += (await file.write(bytes, at, bytes.byteLength - at, piece * PIECE_BYTES + at)).bytesWritten
  }

  async function checkAndWrite (piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (!await isRight(piece, bytes)) return false
    const written = writing.then(async () => { await orDiskFull(async () => { await write(piece, bytes) }) })
    writing = written.catch(() => undefined)
    await written
    return true
  }

  async function close (): Promise<void> {
    if (closed) return
    closed = true
    // whoever writes is told
    await Promise.allSettled(taking)
    await syncing
    await file.close()
  }

  try {
    const found = (await file.stat()).size
    const bytesLeft = Math.min(found, size)
    if (found > size) await file.truncate(size)
    for (let piece = 0; piece < pieceCount(bytesLeft); piece++) have[piece] = await isInFile(piece)
  } catch (error) {
    await close()
    throw error
  }

  return {
    have,
    length,
    async take (piece, bytes) {
      if (bytes.byteLength !== length(piece)) throw new RangeError(`piece ${piece} of ${cid} has ${length(piece)} bytes, not ${bytes.byteLength}`)
      if (closed) throw new Error(`${path} is closed`)
      const taken = checkAndWrite(piece, bytes)
      taking.add(taken)
      if (!await taken.finally(() => { taking.delete(taken) })) return false
      have[piece] = true
      keepSyncing(bytes.byteLength)
      return true
    },
    async finish () {
      const missing = have.indexOf(false)
      if (missing >= 0) throw new Error(`piece ${missing} of ${cid} is not here`)
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
