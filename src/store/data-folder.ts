import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFolderInUseError } from './errors.ts'
import { takeLock, type ProcessLock } from './process-lock.ts'

export type DataLock = ProcessLock

/**
 * Takes a data folder for this process: one daemon a folder. A lock whose process is gone is taken over.
 * @throws {DataFolderInUseError} naming the process that has it
 */
export async function lockDataFolder (folder: string): Promise<DataLock> {
  await mkdir(folder, { recursive: true })
  const lock = await takeLock(join(folder, 'lock'))
  if ('heldBy' in lock) {
    throw new DataFolderInUseError(folder, lock.heldBy.pid)
  }
  return lock
}
