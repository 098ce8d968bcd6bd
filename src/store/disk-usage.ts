import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What stands before the name of a blob that is not whole. */
export const PARTIAL = 'partial-'

/** A file among the blobs. */
export interface StoredFile {
  readonly name: string
  /** What it is, or will be when it is whole. */
  readonly cid: string
  /** That it takes on the disk. */
  readonly bytes: number
  readonly usedAtMs: number
  readonly isPartial: boolean
}

/** What a file takes on the disk: one that is put together out of order has holes. 0 where there is none. */
export async function bytesOnDisk (path: string): Promise<number> {
  return await stat(path).then(allocated, () => 0)
}

/** Everything that takes room in a folder of blobs. */
export async function filesIn (folder: string): Promise<StoredFile[]> {
  const files = await Promise.all((await readdir(folder)).map(async (name): Promise<StoredFile[]> => {
    // another process may have removed it since
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found?.isFile() !== true) return []
    const isPartial = name.startsWith(PARTIAL)
    return [{ name, cid: isPartial ? name.slice(PARTIAL.length) : name, bytes: allocated(found), usedAtMs: found.mtimeMs, isPartial }]
  }))
  return files.flat()
}

/** Blocks are counted in 512 bytes, whatever they are; the last one is rarely full. */
const allocated = ({ size, blocks }: { readonly size: number, readonly blocks: number }): number => Math.min(size, blocks * 512)
