/** Hashes every blob on the disk anew, and brings what is damaged from peers, or from the hub where it came from there. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { blobsInUse } from './blobs-in-use.ts'
import { hubRepair } from './hub-repair.ts'
import { mend, modelStore, orphanFiles, setAside, verifyBlob, type ModelStore, type StoredModel } from '../store/index.ts'
import { storePeers, type StorePeers } from './store-peers.ts'
import type { Part } from '../model/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface VerifyStoreOptions extends AbortOptions {
  /** Nodes to bring what is damaged from. @default the daemon of the data folder */
  readonly join: readonly string[]
  readonly psk?: string | undefined
  readonly removeOrphans: boolean
  onProgress (stage: string, done: number, total: number): void
}

export interface DamagedBlob {
  readonly model: string
  /** `manifest`, `tokenizer`, `embedding`, `layer 7` or `head`. */
  readonly part: string
  readonly cid: string
  readonly reason: string
  readonly repaired: boolean
  /** The node that runs on this folder computes with it: it has to be restarted. */
  readonly inUse: boolean
}

/** What was looked at of a model, under one of its names. A blob that several models have counts for the first. */
export interface VerifiedModel {
  readonly model: string
  readonly blobs: number
  readonly bytes: number
  readonly damaged: number
}

export interface VerifiedStore {
  readonly models: readonly VerifiedModel[]
  readonly blobs: number
  readonly bytes: number
  readonly damaged: readonly DamagedBlob[]
  /** Files that belong to no model and to nothing that is under way. Not looked for where a manifest is damaged: what belongs to it is not known. */
  readonly orphans: { readonly files: number, readonly bytes: number, readonly removed: boolean }
  /** Why peers or the hub could not be asked for what is damaged, where they were to be. */
  readonly failure: string | undefined
}

interface Named {
  readonly model: StoredModel
  readonly name: string
  readonly part: Part
}

/** What is damaged is put aside whether or not it can be repaired: nothing maps it any more. */
export async function verifyStore (folder: string, { join: targets, psk, removeOrphans, onProgress, signal }: VerifyStoreOptions): Promise<VerifiedStore> {
  const options = signal == null ? {} : { signal }
  const store = await modelStore(folder)
  const peers = storePeers(folder, { join: targets, psk, onProgress (done, total) { onProgress('repairing', done, total) } })
  const hub = hubRepair(store, { onProgress (done, total) { onProgress('repairing', done, total) } })
  try {
    const damaged: DamagedBlob[] = await repairManifests(store, peers, options)
    let unknown = 0
    const models = await store.list(() => { unknown++ })
    const running = await blobsInUse(folder, models)
    const here = await blobsHere(store, models)
    const bytes = here.reduce((sum, { part }) => sum + part.size, 0)
    const wrong: Array<Named & { readonly reason: string, readonly isMended: boolean }> = []
    let done = 0
    for (const one of here) {
      const damage = await verifyBlob(store.blobs, one.part, { ...options, onBytes (read) { onProgress('checking', done + read, bytes) } })
      done += one.part.size
      onProgress('checking', done, bytes)
      if (damage === undefined) continue
      const isMended = await mend(store.blobs, one.part, options)
      if (!isMended) await setAside(store.blobs, one.part)
      wrong.push({ ...one, reason: damage.reason, isMended })
    }
    for (const { model, name, part, reason, isMended } of wrong) {
      const repaired = isMended || await peers.part(model.modelId, part, options) || await hub.part(model, part, options)
      damaged.push({ model: model.name, part: name, cid: part.cid, reason, repaired, inUse: running.has(part.cid) })
    }
    const orphans = unknown > 0 ? [] : await orphanFiles(store.blobs, models, Date.now())
    if (removeOrphans) await Promise.all(orphans.map(async ({ name }) => { await rm(join(store.blobs.folder, name), { force: true }) }))
    return {
      models: models.filter(({ modelId }, index) => models.findIndex((one) => one.modelId === modelId) === index).map(({ name: model, modelId }) => {
        const own = here.filter((one) => one.model.modelId === modelId)
        return {
          model,
          blobs: own.length,
          bytes: own.reduce((sum, { part }) => sum + part.size, 0),
          damaged: damaged.filter(({ cid }) => cid === modelId || own.some(({ part }) => part.cid === cid)).length
        }
      }),
      blobs: here.length,
      bytes,
      damaged,
      orphans: { files: orphans.length, bytes: orphans.reduce((sum, file) => sum + file.bytes, 0), removed: removeOrphans },
      failure: [peers.failure, hub.failure].filter((one) => one !== undefined).join('; ') || undefined
    }
  } finally {
    await Promise.all([peers.close(), hub.close()])
  }
}

/** Without its manifest nothing is known of a model: those that are damaged come first. */
async function repairManifests (store: ModelStore, peers: StorePeers, options: AbortOptions): Promise<DamagedBlob[]> {
  const found = new Map<string, { readonly name: string, readonly reason: string }>()
  await store.list(({ name, modelId, error }) => { found.set(modelId, { name, reason: error.cause instanceof Error ? error.cause.message : error.message }) })
  const damaged: DamagedBlob[] = []
  for (const [modelId, { name, reason }] of found) {
    await rm(store.blobs.path(modelId), { force: true })
    damaged.push({ model: name, part: 'manifest', cid: modelId, reason, repaired: await peers.manifest(modelId, name, options), inUse: false })
  }
  return damaged
}

/** Blobs of all models that are on the disk, each once. */
async function blobsHere ({ blobs }: ModelStore, models: readonly StoredModel[]): Promise<Named[]> {
  const all = new Map<string, Named>()
  for (const named of models.flatMap(partsOf)) {
    if (!all.has(named.part.cid) && await blobs.has(named.part.cid)) all.set(named.part.cid, named)
  }
  return [...all.values()]
}

function partsOf (model: StoredModel): Named[] {
  const { tokenizer, embedding, layers, head } = model.manifest
  return [
    { model, name: 'tokenizer', part: tokenizer },
    { model, name: 'embedding', part: embedding },
    ...layers.map((part, index) => ({ model, name: `layer ${index}`, part })),
    { model, name: 'head', part: head }
  ]
}
