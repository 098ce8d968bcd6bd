import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isModelId, MAX_MANIFEST_BYTES, parseManifest, type Manifest } from '../model/index.ts'
import { writeFileAtomic } from './atomic-file.ts'
import { blobStore } from './blob-store.ts'
import { CorruptBlobError, UnknownModelError } from './errors.ts'
import type { ModelStore, StoredModel } from './types.ts'

const namesSchema = z.record(z.string(), z.string())

/** Every blob of a model, piece lists included. */
export function blobsOf (manifest: Manifest): string[] {
  return [manifest.tokenizer, manifest.embedding, ...manifest.layers, manifest.head].flatMap(({ cid, pieces }) => [cid, pieces])
}

/** @param folder the data folder: blobs lie in `blobs/`, names in `models.json` */
export async function modelStore (folder: string): Promise<ModelStore> {
  const blobs = await blobStore(join(folder, 'blobs'))
  const namesPath = join(folder, 'models.json')

  const names = async (): Promise<Record<string, string>> => {
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

  const load = async (name: string, modelId: string): Promise<StoredModel> => {
    const manifest = parseManifest(await blobs.read(modelId, MAX_MANIFEST_BYTES))
    const cids = blobsOf(manifest)
    const sizes = await Promise.all(cids.map(async (cid) => await stat(blobs.path(cid)).then((file) => file.size, () => null)))
    return { name, modelId, manifest, bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0), complete: !sizes.includes(null) }
  }

  const find = async (nameOrId: string): Promise<[string, string]> => {
    const known = Object.entries(await names())
    const found = known.find(([name]) => name === nameOrId) ?? known.find(([, modelId]) => modelId === nameOrId)
    if (found == null && isModelId(nameOrId) && await blobs.has(nameOrId)) {
      return [nameOrId, nameOrId]
    }
    if (found == null) {
      throw new UnknownModelError(nameOrId, known.map(([name]) => name))
    }
    return found
  }

  return {
    blobs,
    list: async () => await Promise.all(Object.entries(await names()).map(async ([name, modelId]) => await load(name, modelId))),
    get: async (nameOrId) => await load(...await find(nameOrId)),
    add: async (name, modelId) => {
      await writeFileAtomic(namesPath, `${JSON.stringify({ ...await names(), [name]: modelId }, null, 2)}\n`)
    },
    remove: async (nameOrId) => {
      const [name, modelId] = await find(nameOrId)
      const rest = Object.fromEntries(Object.entries(await names()).filter(([other]) => other !== name))
      await writeFileAtomic(namesPath, `${JSON.stringify(rest, null, 2)}\n`)
      const still = new Set<string>()
      for (const other of new Set(Object.values(rest))) {
        still.add(other)
        blobsOf((await load(other, other)).manifest).forEach((cid) => still.add(cid))
      }
      let freed = 0
      for (const cid of [...blobsOf((await load(name, modelId)).manifest), modelId]) {
        if (!still.has(cid)) {
          still.add(cid)
          freed += await stat(blobs.path(cid)).then((file) => file.size, () => 0)
          await blobs.remove(cid)
        }
      }
      return freed
    }
  }
}
