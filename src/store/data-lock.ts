import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFolderInUseError } from './errors.ts'
import { isAlive } from './blob-store.ts'

export interface DataLock {
  release (): Promise<void>
}

/**
 * Takes a data folder for this process: one daemon a folder. A lock whose process is gone is taken over.
 * @throws {DataFolderInUseError} naming the process that has it
 */
export async function lockDataFolder (folder: string): Promise<DataLock> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'lock')
  const aside = `${path}.${process.pid}`
  await writeFile(aside, String(process.pid))
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      // a hard link appears whole or not at all, and never over another
      const taken = await link(aside, path).then(() => true, (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
          throw error
        }
        return false
      })
      if (taken) {
        return { release: async () => { await rm(path, { force: true }) } }
      }
      const owner = Number(await readFile(path, 'utf8').catch(() => ''))
      if (owner === process.pid || (owner > 0 && isAlive(owner))) {
        throw new DataFolderInUseError(folder, owner)
      }
      await rm(path, { force: true })
    }
    throw new DataFolderInUseError(folder, 0)
  } finally {
    await rm(aside, { force: true })
  }
}
