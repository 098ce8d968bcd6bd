/** Makes damaged blobs anew from the files at the hub that their model was made from. */
import { rm } from 'node:fs/promises'
import {
  blobMaker, CorruptBlobError, HubError, hubFiles, ImportSourceError, knownSources, openFiles, parseSourceName,
  type ModelStore, type OpenedSource, type StoredModel
} from '../store/index.ts'
import type { Part } from '../model/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface HubRepairInit {
  /** Bytes of the blob that is being made. */
  onProgress (done: number, total: number): void
}

/** The hub is not called before something is asked for. */
export interface HubRepair {
  /** Why the hub could not help, where it was asked. */
  readonly failure: string | undefined
  /** Whether the part is here whole. False also where nothing is known of where the model came from. */
  part (model: StoredModel, part: Part, options: AbortOptions): Promise<boolean>
  close (): Promise<void>
}

export function hubRepair (store: ModelStore, { onProgress }: HubRepairInit): HubRepair {
  /** By model id. One that could not be opened is not tried again. */
  const sources = new Map<string, Promise<OpenedSource | undefined>>()
  let failure: string | undefined

  async function open (modelId: string, { signal }: AbortOptions): Promise<OpenedSource | undefined> {
    const name = [...await knownSources(store)].find(([, made]) => made === modelId)?.[0]
    const hubName = name === undefined ? undefined : parseSourceName(name)
    return hubName === undefined ? undefined : await openFiles(await hubFiles(hubName, signal == null ? {} : { signal }))
  }

  /** What the hub can't do is told, and not thrown: the rest of the store is worth having. */
  async function tried<T> (task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof HubError || error instanceof ImportSourceError || error instanceof CorruptBlobError)) throw error
      failure = error.message
      return undefined
    }
  }

  return {
    get failure () { return failure },
    async part ({ modelId, manifest }, part, { signal }) {
      const options = signal == null ? {} : { signal }
      const opened = sources.get(modelId) ?? tried(async () => await open(modelId, options))
      sources.set(modelId, opened)
      const source = await opened
      if (source === undefined) return false
      const made = await tried(async () => {
        await blobMaker(source, manifest, store.blobs).make(part, { ...options, onBytes (done) { onProgress(done, part.size) } })
        return true
      })
      if (made !== true) return false
      // its right pieces, which a fetch would have kept
      await rm(store.blobs.partialPath(part.cid), { force: true })
      return true
    },
    async close () {
      // what could not be opened was told
      await Promise.all([...sources.values()].map(async (source) => { await (await source.catch(() => undefined))?.close() }))
    }
  }
}
