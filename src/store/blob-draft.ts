import { createHash, webcrypto } from 'node:crypto'
import { open as openSystemFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { cidOfDigest, PIECE_BYTES, type Part } from '../model/index.ts'
import { orDiskFull, syncFolder } from './atomic-file.ts'
import { CorruptBlobError } from './errors.ts'
import type { OpenFile } from './blob-writer.ts'
import type { BlobStore } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

export const HASH_BYTES = 32

/** A blob that comes in piece by piece, in any order, in a file aside until it is whole. */
export interface BlobDraft {
  /** Which pieces are here. */
  readonly have: readonly boolean[]
  /** Bytes of a piece. */
  length (piece: number): number
  /** Whether these are the piece's bytes. Hashed beside this thread. */
  isRight (piece: number, bytes: Uint8Array): Promise<boolean>
  /** Takes a piece that is right. @throws {StoreWriteError} */
  write (piece: number, bytes: Uint8Array): Promise<void>
  /** Checks what is on the disk against the CID, and gives it its name. @throws {CorruptBlobError} it is not that blob; what is wrong is not kept */
  finish (): Promise<void>
  /** Leaves what is here for a later try. */
  close (): Promise<void>
  /** Leaves nothing. */
  discard (): Promise<void>
}

export const pieceCount = (size: number): number => Math.ceil(size / PIECE_BYTES)

/**
 * Goes on with what an earlier try left: no journal says which pieces are there, their bytes do.
 * @param hashes the blob's list of pieces, checked
 * @throws {StoreWriteError}
 */
export async function blobDraft (blobs: Pick<BlobStore, 'folder' | 'path' | 'partialPath'>, part: Pick<Part, 'cid' | 'size'>, hashes: Uint8Array, { signal, open = openSystemFile }: AbortOptions & { readonly open?: OpenFile } = {}): Promise<BlobDraft> {
  const { cid, size } = part
  const count = pieceCount(size)
  if (hashes.byteLength !== count * HASH_BYTES) throw new CorruptBlobError(`the list of pieces of ${cid} has ${hashes.byteLength} bytes; ${count} pieces have ${count * HASH_BYTES}`)
  const path = blobs.partialPath(cid)
  const file = await orDiskFull(async () => await openBoth(path, open))
  const have = new Array<boolean>(count).fill(false)
  let closed = false

  const length = (piece: number): number => Math.min(PIECE_BYTES, size - piece * PIECE_BYTES)
  const isRight = async (piece: number, bytes: Uint8Array): Promise<boolean> =>
    bytes.byteLength === length(piece) && Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).equals(hashes.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES))

  const buffer = new Uint8Array(Math.min(PIECE_BYTES, size))
  /** A piece as the file has it, valid until the next one is read. Undefined for one that is cut off. */
  async function readPiece (piece: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    signal?.throwIfAborted()
    const bytes = buffer.subarray(0, length(piece))
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, piece * PIECE_BYTES)
    return bytesRead < bytes.byteLength ? undefined : bytes
  }

  const whole = createHash('sha256')
  let hashed = 0
  let hashing: Promise<void> | undefined
  /** Hashes what is on the disk from the first piece on, as far as it goes, while others come. */
  async function hashOn (): Promise<void> {
    while (have[hashed] === true) {
      const bytes = await readPiece(hashed)
      if (bytes === undefined) return
      whole.update(bytes)
      hashed++
    }
  }
  const keepHashing = (): void => {
    hashing ??= hashOn().finally(() => { hashing = undefined })
    // whoever finishes the draft is told
    hashing.catch(() => undefined)
  }

  async function close (): Promise<void> {
    if (closed) return
    closed = true
    await hashing?.catch(() => undefined)
    await file.close()
  }

  try {
    await file.truncate(Math.min((await file.stat()).size, size))
    for (let piece = 0; piece < count; piece++) {
      const bytes = await readPiece(piece)
      if (bytes === undefined) break
      have[piece] = await isRight(piece, bytes)
    }
  } catch (error) {
    await close()
    throw error
  }

  return {
    have,
    length,
    isRight,
    async write (piece, bytes) {
      await orDiskFull(async () => {
        for (let at = 0; at < bytes.byteLength;) at += (await file.write(bytes, at, bytes.byteLength - at, piece * PIECE_BYTES + at)).bytesWritten
      })
      have[piece] = true
      keepHashing()
    },
    async finish () {
      await hashing
      await hashOn()
      if (hashed < count) throw new CorruptBlobError(`the disk does not keep what is written: ${path} is too short`)
      if (cidOfDigest(whole.digest()) !== cid) {
        const wrong: number[] = []
        for (let piece = 0; piece < count; piece++) if (!await isRight(piece, await readPiece(piece) ?? new Uint8Array())) wrong.push(piece)
        if (wrong.length > 0) throw new CorruptBlobError(`the disk does not keep what is written: pieces ${wrong.join(', ')} of ${path} are not what they were`)
        await rm(path, { force: true })
        throw new CorruptBlobError(`the pieces that the manifest lists do not make up the blob ${cid}: whoever made this manifest is wrong`)
      }
      await orDiskFull(async () => {
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
  return await open(path, 'r+', 0o644).catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return await open(path, 'wx+', 0o644)
    throw error
  })
}
