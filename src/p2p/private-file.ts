import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The bytes of a file, undefined where there is none. */
export async function readIfThere (path: string): Promise<Uint8Array | undefined> {
  return await readFile(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error
    }
    return undefined
  })
}

/** Writes a file that only its owner can read, whole or not at all. */
export async function writePrivateFile (path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}.tmp`
  const file = await open(aside, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(aside, 0o600)
  await rename(aside, path)
}
