import { randomBytes } from 'node:crypto'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreWriteError } from './errors.ts'
import { isAlive } from './process-lock.ts'

/** Files being written by a process: `tmp-PID-RANDOM`, or beside the file that they are to replace. */
const ASIDE = /^tmp-(\d+)-[0-9a-f]+$|\.(\d+)\.[0-9a-f]{8}\.tmp$/
/** Nobody writes a file for so long without a byte: the process of that number is another one. */
const ABANDONED_MS = 60 * 60 * 1000

/**
 * Replaces a file so that a crash leaves either the old or the new: written aside, synced, renamed.
 * @throws {StoreWriteError} where the disk is full
 */
export async function writeFileAtomic (path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    await orDiskFull(async () => {
      const file = await open(aside, 'wx', mode)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(aside, path)
      await syncFolder(dirname(path))
    })
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}

/** Makes a rename durable. Windows has no such call on folders. */
export async function syncFolder (path: string): Promise<void> {
  if (process.platform !== 'win32') {
    const folder = await open(path, 'r')
    await folder.sync().finally(async () => { await folder.close() })
  }
}

/** @throws {StoreWriteError} in place of what the system says to a full disk */
export async function orDiskFull<T> (task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new StoreWriteError('the disk is full; free some space ("shoal rm MODEL") and try again: what was finished is kept', { cause: error })
    }
    throw error
  }
}

/** Says how much was still to be written where the disk is full. @throws {StoreWriteError} */
export async function orStillToCome<T> (task: () => Promise<T>, missingBytes: () => number): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (!(error instanceof StoreWriteError)) throw error
    throw new StoreWriteError(`${error.message}. ${(missingBytes() / 1e6).toFixed(1)} MB are still to be written`, { cause: error })
  }
}

/** Whether a file of that name is being written, or was when its process ended. */
export const isAside = (name: string): boolean => ASIDE.test(name)

/** Removes what processes that are gone left half-written in a folder. */
export async function removeLeftovers (folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, first, second] = ASIDE.exec(name) ?? []
    const pid = Number(first ?? second ?? NaN)
    const path = join(folder, name)
    // another process may have removed it since
    const written = Number.isNaN(pid) ? null : await stat(path).then(({ mtimeMs }) => mtimeMs, () => null)
    if (written != null && (!isAlive(pid) || Date.now() - written > ABANDONED_MS)) {
      await rm(path, { force: true })
    }
  }
}
