import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { removeLeftovers, writeFileAtomic } from './atomic-file.ts'
import type { BlobStore } from './types.ts'

/** What became of one part. */
const finishedPart = z.object({ cid: z.string(), size: z.int(), pieces: z.string() })
const schema = z.record(z.string(), finishedPart)

export type FinishedPart = z.infer<typeof finishedPart>

/** What an import has finished, kept on disk until its model is there, so that the next try goes on from it. */
export interface ImportJournal {
  /** What an earlier try made of the part, if that is still there, its weights too where they are `kept`. */
  finished (label: string, kept: boolean): Promise<FinishedPart | undefined>
  /** What is `finished` of the part; else `make`s it and takes note. */
  part (label: string, kept: boolean, make: () => Promise<FinishedPart>): Promise<FinishedPart>
  remove (): Promise<void>
}

const folderOf = (blobs: Pick<BlobStore, 'folder'>): string => join(blobs.folder, '..', 'imports')

/** @param work everything that decides what the parts will be: the source as it is and how it will be laid out */
export async function importJournal (blobs: BlobStore, work: string): Promise<ImportJournal> {
  const folder = folderOf(blobs)
  await mkdir(folder, { recursive: true })
  await removeLeftovers(folder)
  const path = join(folder, `${createHash('sha256').update(work).digest('hex').slice(0, 32)}.json`)
  // without a journal, or with a damaged one, everything is made anew
  let entries = await readJournal(path) ?? {}
  const finished = async (label: string, kept: boolean): Promise<FinishedPart | undefined> => {
    const known = entries[label]
    return known != null && (!kept || await blobs.has(known.cid)) && await blobs.has(known.pieces) ? known : undefined
  }
  return {
    finished,
    part: async (label, kept, make) => {
      const known = await finished(label, kept)
      if (known !== undefined) return known
      const made = await make()
      entries = { ...entries, [label]: made }
      await writeFileAtomic(path, JSON.stringify(entries))
      return made
    },
    remove: async () => { await rm(path, { force: true }) }
  }
}

/** An import that was cut off so long ago is not gone on with: what it made may go. */
const FORGOTTEN_MS = 30 * 24 * 60 * 60 * 1000

/** Blobs of imports that are under way or were interrupted within a month. */
export async function unfinishedBlobs (blobs: Pick<BlobStore, 'folder'>): Promise<Set<string>> {
  const folder = folderOf(blobs)
  const names = await readdir(folder).catch((): string[] => [])
  const journals = await Promise.all(names.map(async (name) => {
    const path = join(folder, name)
    const written = await stat(path).then(({ mtimeMs }) => mtimeMs, () => 0)
    return Date.now() - written > FORGOTTEN_MS ? undefined : await readJournal(path)
  }))
  return new Set(journals.flatMap((journal) => Object.values(journal ?? {}).flatMap(({ cid, pieces }) => [cid, pieces])))
}

async function readJournal (path: string): Promise<Record<string, FinishedPart> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}
