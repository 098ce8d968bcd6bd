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
  /** What this machine calls its models: names, and their ids. */
  names (): Promise<Readonly<Record<string, string>>>
}

export function localModels (store: ModelStore): LocalModels {
  const opening = new Map<string, Promise<CoordinatorModel | undefined>>()
  const open = new Map<string, CoordinatorModel>()

  const load = async (modelId: string): Promise<CoordinatorModel | undefined> => {
    if (!await store.blobs.has(modelId)) return undefined
    const model = await store.get(modelId)
    if (!await store.blobs.has(model.manifest.tokenizer.cid)) return undefined
    return { manifest: model.manifest, tokenizer: await loadTokenizer(store, model) }
  }

  return {
    opened: (modelId) => open.get(modelId),
    names: async () => await store.names(),
    get: async (modelId) => {
      const known = opening.get(modelId)
      if (known != null) {
        // the one that was asked for longest ago goes first
        opening.delete(modelId)
        opening.set(modelId, known)
        return await known
      }
      const [oldest] = opening.keys()
      if (opening.size >= KEPT && oldest != null) {
        opening.delete(oldest)
        open.delete(oldest)
      }
      const started = load(modelId)
      opening.set(modelId, started)
      const isKept = (): boolean => opening.get(modelId) === started
      const forget = (): void => { if (isKept()) opening.delete(modelId) }
      started.then((found) => {
        // a model that is not here may be imported later
        if (found == null) forget()
        else if (isKept()) open.set(modelId, found)
      }, forget)
      return await started
    }
  }
}
