import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { cidOf, cidOfDigest, modelIdOf, PIECE_BYTES } from '../model/index.ts'
import { syncFolder, writeFileAtomic } from './atomic-file.ts'
import { CorruptBlobError, StoreWriteError } from './errors.ts'
import type { BlobStore, BlobWriter } from './types.ts'

/** Files being written: `tmp-PID-RANDOM`. */
const ASIDE = /^tmp-(\d+)-[0-9a-f]+$/

/** Blobs as files named by their CID in `folder`, which is made where it is missing. What dead processes left half-written is removed. */
export async function blobStore (folder: string): Promise<BlobStore> {
  await mkdir(folder, { recursive: true })
  await removeLeftovers(folder)
  const path = (cid: string): string => join(folder, cid)

  return {
    folder,
    path,
    has: async (cid) => await stat(path(cid)).then((file) => file.isFile(), () => false),
    read: async (cid, maxBytes) => {
      const { size } = await stat(path(cid))
      if (size > maxBytes) {
        throw new CorruptBlobError(`${path(cid)} has ${size} bytes; at most ${maxBytes} were expected`)
      }
      const bytes = await readFile(path(cid))
      if (cidOf(bytes) !== cid && modelIdOf(bytes) !== cid) {
        throw new CorruptBlobError(`${path(cid)} is damaged: its content does not match its name. Remove it and import the model again`)
      }
      return bytes
    },
    put: async (bytes) => {
      const cid = cidOf(bytes)
      await writing(async () => { await writeFileAtomic(path(cid), bytes, 0o444) })
      return cid
    },
    writer: async () => await blobWriter(folder),
    remove: async (cid) => { await rm(path(cid), { force: true }) }
  }
}

async function removeLeftovers (folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = ASIDE.exec(name)?.[1]
    if (pid != null && !isAlive(Number(pid))) {
      await rm(join(folder, name), { force: true })
    }
  }
}

export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: there is one, of somebody else's
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function writing<T> (task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new StoreWriteError('the disk is full; what was half-written has been removed. Free some space ("shoal rm MODEL") and try again: the import goes on where it stopped', { cause: error })
    }
    throw error
  }
}

async function blobWriter (folder: string): Promise<BlobWriter> {
  const aside = join(folder, `tmp-${process.pid}-${randomBytes(6).toString('hex')}`)
  const file = await writing(async () => await open(aside, 'wx', 0o644))
  const whole = createHash('sha256')
  let piece = createHash('sha256')
  let pieceBytes = 0
  const pieces: Uint8Array[] = []
  let size = 0

  const hash = (bytes: Uint8Array): void => {
    whole.update(bytes)
    for (let at = 0; at < bytes.byteLength;) {
      const part = bytes.subarray(at, at + PIECE_BYTES - pieceBytes)
      piece.update(part)
      pieceBytes += part.byteLength
      at += part.byteLength
      if (pieceBytes === PIECE_BYTES) {
        endPiece()
      }
    }
    size += bytes.byteLength
  }
  const endPiece = (): void => {
    pieces.push(piece.digest())
    piece = createHash('sha256')
    pieceBytes = 0
  }
  const append = async (bytes: Uint8Array): Promise<void> => {
    hash(bytes)
    await writeAll(file, bytes)
  }
  const pad = async (to: number): Promise<void> => {
    if (to < size) {
      throw new RangeError(`${to} lies before ${size}: a blob is written in order`)
    }
    while (size < to) {
      await append(new Uint8Array(Math.min(to - size, PIECE_BYTES)))
    }
  }
  let over = false
  const abort = async (): Promise<void> => {
    if (!over) {
      over = true
      await file.close()
      await rm(aside, { force: true })
    }
  }
  const guarded = async <T> (task: () => Promise<T>): Promise<T> => {
    try {
      return await writing(task)
    } catch (error) {
      await abort()
      throw error
    }
  }

  return {
    get size () { return size },
    abort,
    write: async (offset, bytes) => {
      await guarded(async () => {
        await pad(offset)
        await append(bytes)
      })
    },
    finish: async (total) => await guarded(async () => {
      await pad(total)
      if (pieceBytes > 0) {
        endPiece()
      }
      await file.sync()
      const cid = cidOfDigest(whole.digest())
      const list = Buffer.concat(pieces)
      await writeFileAtomic(join(folder, cidOf(list)), list, 0o444)
      await chmod(aside, 0o444)
      await rename(aside, join(folder, cid))
      over = true
      await file.close()
      await syncFolder(folder)
      return { cid, size, pieces: cidOf(list) }
    })
  }
}

async function writeAll (file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    at += (await file.write(bytes, at)).bytesWritten
  }
}
