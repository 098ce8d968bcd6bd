/** Hashes every blob on the disk anew, and brings what is damaged from peers. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { modelStore, NoSourceError, setAside, unfinishedBlobs, verifyBlob, type StoredModel } from '../store/index.ts'
import { GOODBYE_MS, joinAll, network } from './network.ts'
import { findDaemon } from './state-file.ts'
import { teardown } from './teardown.ts'
import { weights } from './weights.ts'
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
  /** `tokenizer`, `embedding`, `layer 7` or `head`. */
  readonly part: string
  readonly cid: string
  readonly reason: string
  readonly repaired: boolean
}

export interface VerifiedStore {
  readonly blobs: number
  readonly bytes: number
  readonly damaged: readonly DamagedBlob[]
  /** Files that belong to no model and to nothing that is under way. */
  readonly orphans: { readonly files: number, readonly bytes: number, readonly removed: boolean }
}

interface Named {
  readonly model: StoredModel
  readonly name: string
  readonly part: Part
}

/** A peer that has it answers at once. */
const PATIENCE_MS = 5_000

/** What is damaged is put aside whether or not it can be repaired: nothing maps it any more. @throws {CorruptBlobError} a manifest is damaged */
export async function verifyStore (folder: string, { join: targets, psk, removeOrphans, onProgress, signal }: VerifyStoreOptions): Promise<VerifiedStore> {
  const options = signal == null ? {} : { signal }
  const store = await modelStore(folder)
  const models = await store.list()
  const here: Named[] = []
  for (const one of new Map(models.flatMap(partsOf).map((named) => [named.part.cid, named])).values()) {
    if (await store.blobs.has(one.part.cid)) here.push(one)
  }
  const bytes = here.reduce((sum, { part }) => sum + part.size, 0)
  const found: Array<Named & { readonly reason: string }> = []
  let done = 0
  for (const one of here) {
    const damage = await verifyBlob(store.blobs, one.part, { ...options, onBytes (read) { onProgress('checking', done + read, bytes) } })
    done += one.part.size
    onProgress('checking', done, bytes)
    if (damage === undefined) continue
    await setAside(store.blobs, one.part)
    found.push({ ...one, reason: damage.reason })
  }

  const repaired = found.length === 0 ? new Set<string>() : await repair(folder, found, { targets, psk, onProgress, ...options })
  return {
    blobs: here.length,
    bytes,
    damaged: found.map(({ model, name, part: { cid }, reason }) => ({ model: model.name, part: name, cid, reason, repaired: repaired.has(cid) })),
    orphans: await orphans(store.blobs.folder, models, removeOrphans)
  }
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

interface RepairInit extends AbortOptions {
  readonly targets: readonly string[]
  readonly psk: string | undefined
  onProgress (stage: string, done: number, total: number): void
}

/** CIDs that are whole again. Nobody to ask, or nobody who has them: none. */
async function repair (folder: string, damaged: readonly Named[], { targets, psk, onProgress, signal }: RepairInit): Promise<Set<string>> {
  const daemon = targets.length > 0 ? undefined : await findDaemon(folder)
  const addresses = daemon?.addrs ?? targets
  if (addresses.length === 0) return new Set()
  const options = signal == null ? {} : { signal }
  const down = teardown(() => { /* a visitor that leaves owes nobody an account */ })
  try {
    const { host, swarm } = await network({ data: folder, join: targets, psk: psk ?? daemon?.psk ?? undefined }, 'client')
    await host.start()
    down.add('host', async () => await host.stop())
    await swarm.start()
    down.add('swarm', async () => await swarm.stop(), GOODBYE_MS)
    await joinAll(host, addresses, options)
    const store = await modelStore(folder)
    const bulk = weights({ host, swarm, store, isBusy: () => false, onFault () { /* another is asked */ }, onDamage () { /* known */ } }, { patienceMs: PATIENCE_MS })
    const whole = new Set<string>()
    for (const { model, part } of damaged) {
      try {
        await bulk.parts(model.modelId, [part], undefined, { ...options, onProgress ({ done, total }) { onProgress('repairing', done, total) } })
        whole.add(part.cid)
      } catch (error) {
        if (!(error instanceof NoSourceError)) throw error
      }
    }
    return whole
  } finally {
    await down.run()
  }
}

async function orphans (folder: string, models: readonly StoredModel[], remove: boolean): Promise<VerifiedStore['orphans']> {
  const known = new Set(models.flatMap((model) => [model.modelId, ...partsOf(model).flatMap(({ part: { cid, pieces } }) => [cid, pieces, `partial-${cid}`])]))
  const unfinished = await unfinishedBlobs({ folder })
  let files = 0
  let bytes = 0
  for (const name of await readdir(folder)) {
    // what is being written has a name of its own until it is whole
    if (known.has(name) || unfinished.has(name) || name.includes('tmp')) continue
    files++
    bytes += (await stat(join(folder, name)).catch(() => ({ size: 0 }))).size
    if (remove) await rm(join(folder, name), { force: true })
  }
  return { files, bytes, removed: remove }
}
