import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cidOf, isNameOf } from '../model/index.ts'
import { removeLeftovers, writeFileAtomic } from './atomic-file.ts'
import { blobHasher, blobWriter, type OpenFile } from './blob-writer.ts'
import { filesIn, PARTIAL } from './disk-usage.ts'
import { CorruptBlobError } from './errors.ts'
import type { BlobStore } from './types.ts'

export interface BlobStoreInit {
  /** Opens the files that blobs are written to. @default the file system's */
  readonly open?: OpenFile
}

/** A download that has not moved for so long is nobody's any more. */
const FORGOTTEN_MS = 30 * 24 * 60 * 60 * 1000
/** CIDs in base32: what else would be a path is none of ours. */
const CID_TEXT = /^b[a-z2-7]{20,120}$/

/** Blobs as files named by their CID in `folder`, which is made where it is missing. What dead processes left half-written is removed, and downloads that nobody went on with. */
export async function blobStore (folder: string, init: BlobStoreInit = {}): Promise<BlobStore> {
  await mkdir(folder, { recursive: true })
  await removeLeftovers(folder)
  await removeForgotten(folder)
  const path = (cid: string): string => {
    if (!CID_TEXT.test(cid)) {
      throw new RangeError(`${JSON.stringify(cid)} is no CID`)
    }
    return join(folder, cid)
  }

  return {
    folder,
    path,
    partialPath: (cid) => join(folder, `${PARTIAL}${basename(path(cid))}`),
    has: async (cid) => CID_TEXT.test(cid) && await stat(path(cid)).then((file) => file.isFile(), () => false),
    read: async (cid, maxBytes) => {
      const found = await stat(path(cid)).catch((error: unknown) => {
        throw new CorruptBlobError(`${path(cid)} is missing; import the model again`, { cause: error })
      })
      if (found.size > maxBytes) {
        throw new CorruptBlobError(`${path(cid)} has ${found.size} bytes; at most ${maxBytes} were expected. Remove it and import the model again`)
      }
      const bytes = await readFile(path(cid))
      if (!isNameOf(cid, bytes)) {
        throw new CorruptBlobError(`${path(cid)} is damaged: its content does not match its name. Remove it and import the model again`)
      }
      return bytes
    },
    put: async (bytes) => {
      const cid = cidOf(bytes)
      await writeFileAtomic(path(cid), bytes, 0o444)
      return cid
    },
    writer: async () => await blobWriter(folder, init.open ?? open),
    hasher: () => blobHasher(folder),
    remove: async (cid) => { await Promise.all([path(cid), join(folder, `${PARTIAL}${cid}`)].map(async (file) => { await rm(file, { force: true }) })) }
  }
}

async function removeForgotten (folder: string): Promise<void> {
  for (const { name, isPartial, usedAtMs } of await filesIn(folder)) {
    if (isPartial && Date.now() - usedAtMs > FORGOTTEN_MS) await rm(join(folder, name), { force: true })
  }
}
