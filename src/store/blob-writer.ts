import { createHash, randomBytes } from 'node:crypto'
import { rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { blobCidOf, cidOf, PIECE_BYTES } from '../model/index.ts'
import { orDiskFull, syncFolder, writeFileAtomic } from './atomic-file.ts'
import { CorruptBlobError } from './errors.ts'
import type { BlobWriter } from './types.ts'

export type OpenFile = (path: string, flags: string, mode: number) => Promise<FileHandle>

/** Writes one blob aside in `folder` and names it by its CID when it is whole. Any failure removes what was written. */
export async function blobWriter (folder: string, open: OpenFile): Promise<BlobWriter> {
  const aside = join(folder, `tmp-${process.pid}-${randomBytes(6).toString('hex')}`)
  const file = await orDiskFull(async () => await open(aside, 'wx', 0o644))
  const hashes = blobHashes()
  let size = 0
  let over = false

  const abort = async (): Promise<void> => {
    if (!over) {
      over = true
      // a full disk may show when the file is closed, too
      await file.close().catch(() => {})
      await rm(aside, { force: true })
    }
  }
  const guarded = async <T> (task: () => Promise<T>): Promise<T> => {
    try {
      return await orDiskFull(task)
    } catch (error) {
      await abort()
      throw error
    }
  }
  const append = async (bytes: Uint8Array): Promise<void> => {
    hashes.update(bytes)
    size += bytes.byteLength
    for (let at = 0; at < bytes.byteLength;) {
      at += (await file.write(bytes, at)).bytesWritten
    }
  }
  const padTo = async (offset: number): Promise<void> => {
    if (offset < size) {
      throw new RangeError(`${offset} lies before ${size}: a blob is written in order`)
    }
    while (size < offset) {
      await append(new Uint8Array(Math.min(offset - size, PIECE_BYTES)))
    }
  }

  return {
    get size () { return size },
    abort,
    write: async (offset, bytes) => {
      await guarded(async () => {
        await padTo(offset)
        await append(bytes)
      })
    },
    finish: async (total, expected) => await guarded(async () => {
      await padTo(total)
      const { cid, pieceList } = expectedOf(hashes, expected)
      await file.sync()
      await file.chmod(0o444)
      await writeFileAtomic(join(folder, cidOf(pieceList)), pieceList, 0o444)
      await file.close()
      await rename(aside, join(folder, cid))
      over = true
      await syncFolder(folder)
      return { cid, size, pieces: cidOf(pieceList) }
    })
  }
}

/** What a blob would be called, without keeping its bytes. Its list of pieces is written into `folder`. */
export function blobHasher (folder: string): BlobWriter {
  const hashes = blobHashes()
  const zeros = new Uint8Array(64 * 1024)
  let size = 0
  const padTo = (offset: number): void => {
    if (offset < size) {
      throw new RangeError(`${offset} lies before ${size}: a blob is hashed in order`)
    }
    while (size < offset) {
      const part = zeros.subarray(0, offset - size)
      hashes.update(part)
      size += part.byteLength
    }
  }
  return {
    get size () { return size },
    abort: async () => { await Promise.resolve() },
    write: async (offset, bytes) => {
      padTo(offset)
      hashes.update(bytes)
      size += bytes.byteLength
      await Promise.resolve()
    },
    finish: async (total, expected) => {
      padTo(total)
      const { cid, pieceList } = expectedOf(hashes, expected)
      await writeFileAtomic(join(folder, cidOf(pieceList)), pieceList, 0o444)
      return { cid, size, pieces: cidOf(pieceList) }
    }
  }
}

function expectedOf (hashes: BlobHashes, expected: string | undefined): ReturnType<BlobHashes['finish']> {
  const made = hashes.finish()
  if (expected !== undefined && made.cid !== expected) {
    throw new CorruptBlobError(`these bytes make ${made.cid}, not ${expected}`)
  }
  return made
}

interface BlobHashes {
  update (bytes: Uint8Array): void
  finish (): { readonly cid: string, readonly pieceList: Uint8Array }
}

/** The hash of every piece of 1 MiB, as its bytes pass. */
export function blobHashes (): BlobHashes {
  const pieces: Uint8Array[] = []
  let piece = createHash('sha256')
  let pieceBytes = 0
  const endPiece = (): void => {
    pieces.push(piece.digest())
    piece = createHash('sha256')
    pieceBytes = 0
  }
  return {
    update: (bytes) => {
      for (let at = 0; at < bytes.byteLength;) {
        const part = bytes.subarray(at, at + PIECE_BYTES - pieceBytes)
        piece.update(part)
        pieceBytes += part.byteLength
        at += part.byteLength
        if (pieceBytes === PIECE_BYTES) {
          endPiece()
        }
      }
    },
    finish: () => {
      if (pieceBytes > 0) {
        endPiece()
      }
      const pieceList = Buffer.concat(pieces)
      return { cid: blobCidOf(pieceList), pieceList }
    }
  }
}
