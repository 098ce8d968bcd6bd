/** Models of this machine's store as the coordinator and the gateway use them: opened once, kept. */
import { loadTokenizer } from './models.ts'
import type { CoordinatorModel } from '../pipeline/index.ts'
import type { ModelStore } from '../store/index.ts'

/** How many tokenizers are kept. */
const KEPT = 8

export interface LocalModels {
  /** Undefined where the store has no such model. */
  get (modelId: string): Promise<CoordinatorModel | undefined>
  /** What is open already, without asking the disk. */
  opened (modelId: string): CoordinatorModel | undefined
}

export function localModels (store: ModelStore): LocalModels {
  const opening = new Map<string, Promise<CoordinatorModel | undefined>>()
  const open = new Map<string, CoordinatorModel>()

  const load = async (modelId: string): Promise<CoordinatorModel | undefined> => {
    if (!await store.blobs.has(modelId)) return undefined
    const model = await store.get(modelId)
    if (!await store.blobs.has(model.manifest.tokenizer.cid)) return undefined
    const loaded = { manifest: model.manifest, tokenizer: await loadTokenizer(store, model) }
    open.set(modelId, loaded)
    return loaded
  }

  return {
    opened: (modelId) => open.get(modelId),
    get: async (modelId) => {
      const known = opening.get(modelId)
      if (known != null) return await known
      const [oldest] = opening.keys()
      if (opening.size >= KEPT && oldest != null) {
        opening.delete(oldest)
        open.delete(oldest)
      }
      const started = load(modelId)
      opening.set(modelId, started)
      const forget = (): void => { opening.delete(modelId) }
      // A model that is not here may be imported later.
      started.then((found) => { if (found == null) forget() }, forget)
      return await started
    }
  }
}
