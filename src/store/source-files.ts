import { open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FormatError, type ByteSource } from '../model/index.ts'
import { ImportSourceError } from './errors.ts'

/** The files of a model as somebody else stored it, wherever that is. */
export interface SourceFiles {
  /** For people. */
  readonly name: string
  /** The GGUF file that is the model. Undefined: safetensors beside a config.json. */
  readonly gguf: string | undefined
  /** Each byte has to come over a network. */
  readonly isFar?: boolean
  has (file: string): boolean | Promise<boolean>
  /** @throws {ImportSourceError} there is none */
  open (file: string): Promise<ByteSource>
  /** The whole of a file that belongs in memory. Undefined where there is none. */
  small (file: string): Promise<Uint8Array | undefined>
  /** Changes whenever a file that was opened does. */
  fingerprint (): string
  close (): Promise<void>
}

const MAX_SMALL_BYTES = 256 * 1024 * 1024

/** A `.gguf` file, or a folder. @throws {ImportSourceError} */
export async function localFiles (path: string): Promise<SourceFiles> {
  const found = await stat(path).catch(() => null)
  if (found == null) {
    throw new ImportSourceError(`${path} does not exist; give a folder of a Hugging Face model or a .gguf file`)
  }
  const folder = found.isDirectory() ? path : dirname(path)
  const handles: FileHandle[] = []
  const stamps: string[] = []

  return {
    name: path,
    gguf: found.isDirectory() ? undefined : basename(path),
    has: async (file) => await stat(join(folder, file)).then(() => true, () => false),
    async open (file) {
      const at = join(folder, file)
      const handle = await open(at, 'r').catch((error: unknown) => {
        throw new ImportSourceError(`can't read ${at}`, { cause: error })
      })
      handles.push(handle)
      const stats = await handle.stat()
      const { size, mtimeMs, ino } = stats
      if (!stats.isFile()) {
        throw new ImportSourceError(`${at} is no file`)
      }
      stamps.push(`${at} ${size} ${mtimeMs} ${ino}`)
      return { size, read: async (offset, length) => await readAt(handle, at, size, offset, length) }
    },
    small: async (file) => await readSmall(join(folder, file)),
    fingerprint: () => [...stamps].sort().join('\n'),
    close: async () => { await Promise.all(handles.splice(0).map(async (file) => { await file.close() })) }
  }
}

async function readAt (file: FileHandle, path: string, size: number, offset: number, length: number): Promise<Uint8Array> {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new FormatError(`${path} ends at byte ${size}; ${offset + length} bytes are needed`)
  }
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
    if (bytesRead === 0) {
      throw new FormatError(`${path} became shorter while it was read`)
    }
    at += bytesRead
  }
  return bytes
}

async function readSmall (path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path)
    if (size > MAX_SMALL_BYTES) {
      throw new FormatError(`${path} has ${size} bytes, more than any model needs`)
    }
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined
    }
    throw error instanceof FormatError ? error : new ImportSourceError(`can't read ${path}`, { cause: error })
  }
}
