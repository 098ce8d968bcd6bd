/** Where the model that `shoal serve MODEL` means comes from: this machine, a file, or the swarm. */
import { findInSwarm } from './find-model.ts'
import { hubNameOf, resolveModel } from './models.ts'
import { UnknownModelError, type BlobMaker, type FetchProgress, type ModelStore, type StoredModel } from '../store/index.ts'
import type { DaemonConfig } from './config.ts'
import type { DaemonHooks } from './hooks.ts'
import type { BringOptions, Weights } from './weights.ts'
import type { Swarm } from '../swarm/index.ts'

/** From the store, or imported from a path. Undefined where only the swarm can know it. @throws the errors of an import */
export async function localModel (store: ModelStore, { model, join, lan, disk }: Pick<DaemonConfig, 'model' | 'join' | 'lan' | 'disk'>, { signal, onProgress }: DaemonHooks): Promise<StoredModel | undefined> {
  try {
    return await resolveModel(store, model, { signal, disk, onProgress: (done, total) => { onProgress('importing the model', 'bytes', done, total) } })
  } catch (error) {
    if (error instanceof UnknownModelError && (join.length > 0 || lan || await hubNameOf(model ?? '') !== undefined)) return undefined
    throw error
  }
}

/** A model whose manifest and tokenizer are here, and what makes blobs of it that no peer has. */
export interface ServedModel {
  readonly model: StoredModel
  readonly hub: BlobMaker | undefined
}

export interface SwarmModelComponents {
  readonly swarm: Pick<Swarm, 'nodes' | 'refresh'>
  readonly store: ModelStore
  readonly weights: Pick<Weights, 'model'>
}

/** Manifest and tokenizer from peers. @throws {UnknownModelError} @throws {AmbiguousModelError} @throws {NoSourceError} */
export async function swarmModel ({ swarm, store, weights }: SwarmModelComponents, asked: string, hooks: DaemonHooks): Promise<ServedModel> {
  const { signal, onNote } = hooks
  const known = (await store.list()).map(({ name }) => name)
  const { modelId, name, nodes } = await findInSwarm(swarm, asked, known, { signal })
  if (modelId !== asked) onNote(`${name} is ${modelId}, say ${nodes} node${nodes === 1 ? '' : 's'} of this swarm`)
  return { model: await weights.model(modelId, name, fetching(hooks)), hub: undefined }
}

/** How a fetch is shown. */
export function fetching ({ signal, onProgress }: DaemonHooks): BringOptions {
  return {
    signal,
    onCheck (done, total) { onProgress('checking weights', 'bytes', done, total) },
    onProgress ({ done, total, peers, hub }: FetchProgress) {
      onProgress('fetching weights', 'bytes', done, total, [...(hub ? ['hub 1'] : []), `peers ${peers}`].join(', '))
    }
  }
}
