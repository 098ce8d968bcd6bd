import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces a file so that a crash leaves either the old or the new: written aside, synced, renamed. */
export async function writeFileAtomic (path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    const file = await open(aside, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
    await syncFolder(dirname(path))
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
