import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isModelId, MAX_MANIFEST_BYTES, parseManifest, type Manifest } from '../model/index.ts'
import { removeLeftovers, writeFileAtomic } from './atomic-file.ts'
import { blobStore, type BlobStoreInit } from './blob-store.ts'
import { bytesOnDisk } from './disk-usage.ts'
import { CorruptBlobError, UnknownModelError } from './errors.ts'
import { unfinishedBlobs } from './import-journal.ts'
import { withLock } from './process-lock.ts'
import type { ModelStore, StoredModel } from './types.ts'

const namesSchema = z.record(z.string(), z.string().refine(isModelId))
type Names = z.infer<typeof namesSchema>

/** Every blob of a model, piece lists included. */
function blobsOf ({ tokenizer, embedding, layers, head }: Manifest): string[] {
  return [tokenizer, embedding, ...layers, head].flatMap(({ cid, pieces }) => [cid, pieces])
}

/** @param folder the data folder: blobs lie in `blobs/`, names in `models.json` */
export async function modelStore (folder: string, init: BlobStoreInit = {}): Promise<ModelStore> {
  const blobs = await blobStore(join(folder, 'blobs'), init)
  await removeLeftovers(folder)
  const namesPath = join(folder, 'models.json')

  const readNames = async (): Promise<Names> => {
    const text = await readFile(namesPath, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return '{}'
      }
      throw error
    })
    try {
      return namesSchema.parse(JSON.parse(text))
    } catch (error) {
      throw new CorruptBlobError(`${namesPath} is damaged; remove it and import the models again`, { cause: error })
    }
  }
  /** Reads, changes and writes the names as one step, also among several processes. */
  const changeNames = async <T> (change: (names: Names) => Promise<T>): Promise<T> =>
    await withLock(join(folder, 'models.lock'), async () => await change(await readNames()))
  const writeNames = async (names: Names): Promise<void> => { await writeFileAtomic(namesPath, `${JSON.stringify(names, null, 2)}\n`) }

  const readManifest = async (modelId: string): Promise<Manifest> => parseManifest(await blobs.read(modelId, MAX_MANIFEST_BYTES))
  const sizeOf = async (cid: string): Promise<number | null> => await stat(blobs.path(cid)).then(({ size }) => size, () => null)
  /** Of the blob, and of what a download has of it. */
  const bytesOf = async (cid: string): Promise<number> => (await sizeOf(cid) ?? 0) + await bytesOnDisk(blobs.partialPath(cid))

  /** A damaged manifest does not say what belongs to it. */
  const partsOf = async (modelId: string): Promise<readonly string[]> => await readManifest(modelId).then(blobsOf, () => [])

  const load = async (name: string, modelId: string): Promise<StoredModel> => {
    const manifest = await readManifest(modelId).catch((error: unknown) => {
      throw new CorruptBlobError(`the model ${name} is damaged: ${error instanceof Error ? error.message : String(error)}. Remove it with "shoal rm ${name}" and import it again`, { cause: error })
    })
    const cids = [...new Set(blobsOf(manifest))]
    const sizes = new Map(await Promise.all(cids.map(async (cid) => [cid, await sizeOf(cid)] as const)))
    return {
      name,
      modelId,
      manifest,
      bytes: (await Promise.all(cids.map(bytesOf))).reduce((sum, bytes) => sum + bytes, 0),
      complete: ![...sizes.values()].includes(null),
      layersHere: manifest.layers.filter(({ cid }) => sizes.get(cid) != null).length
    }
  }

  /** The names that a name or a model id means: several may stand for one id. */
  const find = (names: Names, nameOrId: string): { readonly modelId: string, readonly as: readonly string[] } => {
    const named = Object.hasOwn(names, nameOrId) ? names[nameOrId] : undefined
    if (named != null) {
      return { modelId: named, as: [nameOrId] }
    }
    const as = Object.entries(names).filter(([, modelId]) => modelId === nameOrId).map(([name]) => name)
    if (as.length === 0) {
      throw new UnknownModelError(nameOrId, Object.keys(names))
    }
    return { modelId: nameOrId, as }
  }

  return {
    blobs,
    names: readNames,
    list: async (onDamaged) => (await Promise.all(Object.entries(await readNames()).map(async ([name, modelId]) => {
      try {
        return [await load(name, modelId)]
      } catch (error) {
        if (onDamaged == null || !(error instanceof CorruptBlobError)) throw error
        onDamaged({ name, modelId, error })
        return []
      }
    }))).flat(),
    get: async (nameOrId) => {
      const { modelId, as } = find(await readNames(), nameOrId)
      return await load(as[0] ?? nameOrId, modelId)
    },
    add: async (name, modelId) => {
      await changeNames(async (names) => {
        const replaced = Object.hasOwn(names, name) ? names[name] : undefined
        const next = { ...names, [name]: modelId }
        // a model that loses its last name is still there, by its id, to be used or removed
        await writeNames(replaced == null || Object.values(next).includes(replaced) ? next : { ...next, [replaced]: replaced })
      })
    },
    remove: async (nameOrId) => await changeNames(async (names) => {
      const { modelId, as } = find(names, nameOrId)
      const rest = Object.fromEntries(Object.entries(names).filter(([name]) => !as.includes(name)))
      const needed = await unfinishedBlobs(blobs)
      for (const other of new Set(Object.values(rest))) {
        needed.add(other)
        for (const cid of await partsOf(other)) needed.add(cid)
      }
      const own = await partsOf(modelId)
      let freed = 0
      const free = async (cid: string): Promise<void> => {
        if (needed.has(cid)) return
        freed += await bytesOf(cid)
        await blobs.remove(cid)
      }
      // Cut off in the middle, the model is still here, in part, to be removed again: a name always has its manifest.
      for (const cid of new Set(own)) await free(cid)
      await writeNames(rest)
      await free(modelId)
      return freed
    })
  }
}
