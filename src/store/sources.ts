import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isModelId } from '../model/index.ts'
import { writeFileAtomic } from './atomic-file.ts'
import { withLock } from './process-lock.ts'
import type { ModelStore } from './types.ts'

/** `org/name@commit:quantisation` → model id: what this machine itself made from the hub. */
const schema = z.record(z.string().max(256), z.string().refine(isModelId))

const folderOf = ({ blobs }: Pick<ModelStore, 'blobs'>): string => join(blobs.folder, '..')

/** Nothing where nothing was noted, or where the file is damaged: what it says can be found out again. */
export async function knownSources (store: Pick<ModelStore, 'blobs'>): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(folderOf(store), 'sources.json'), 'utf8').catch(() => '{}')
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(text))))
  } catch {
    return new Map()
  }
}

export async function rememberSource (store: Pick<ModelStore, 'blobs'>, source: string, modelId: string): Promise<void> {
  const folder = folderOf(store)
  await withLock(join(folder, 'sources.lock'), async () => {
    const known = new Map(await knownSources(store)).set(source, modelId)
    await writeFileAtomic(join(folder, 'sources.json'), `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`)
  })
}
