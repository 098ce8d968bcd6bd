/** A model's bytes on their way between this node's disk and its peers. */
import { isModelId, MAX_MANIFEST_BYTES, parseManifest, spanParts, type Part, type Span } from '../model/index.ts'
import {
  blobServer, connectBlobPeer, diskBudget, fetchBlobs, fetchWhole, mend, NoSourceError, peerPool, quickCheck, setAside, writeFileAtomic,
  type BlobMaker, type BlobServer, type Damage, type FetchProgress, type ModelStore, type PeerPool, type StoredModel
} from '../store/index.ts'
import { lookAround } from './network.ts'
import { BLOB_PROTOCOL } from '../../protocols/blob/index.ts'
import type { Host } from '../p2p/index.ts'
import type { NodeRecord, Swarm } from '../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface WeightsComponents {
  readonly host: Pick<Host, 'peerId' | 'open' | 'handle' | 'unhandle'>
  readonly swarm: Pick<Swarm, 'nodes' | 'refresh'>
  readonly store: ModelStore
  /** Tokens are on their way through this node. */
  isBusy (): boolean
  /** A peer sent what it must not. */
  onFault (error: Error): void
  /** A blob on the disk is not what it was; it is fetched anew. */
  onDamage (damage: Damage): void
}

export interface WeightsInit {
  readonly uploadBytesPerSecond?: number | undefined
  /** Of all blobs on the disk. @default what the disk has */
  readonly diskBytes?: number | undefined
  /** How long to wait for somebody who has what is missing. @default 60,000 */
  readonly patienceMs?: number | undefined
}

export interface BringOptions extends AbortOptions {
  onProgress? (progress: FetchProgress): void
  /** Bytes that were looked at of what is here already, of all that are. */
  onCheck? (done: number, total: number): void
}

/** Brings models here from peers, and gives away what is here. */
export interface Weights {
  /** A model by its id: its manifest and tokenizer come from peers, and it is called `name` where that is free. @throws {NoSourceError} */
  model (modelId: string, name: string, options?: BringOptions): Promise<StoredModel>
  /** Brings parts of a model. @throws as `span` */
  parts (modelId: string, parts: readonly Part[], hub: BlobMaker | undefined, options?: BringOptions): Promise<void>
  /**
   * Makes sure that the blobs of a span are here, and are what they were when they were written, as far as a quick look tells.
   * @throws {NoSourceError} @throws {StoreWriteError} @throws {CorruptBlobError} the manifest contradicts itself
   */
  span (model: StoredModel, span: Span, hub: BlobMaker | undefined, options?: BringOptions): Promise<void>
  /** Gives away what is here of a model, from then on. */
  offer (model: StoredModel): Promise<void>
  stop (): Promise<void>
}

/** How long one look at the DHT may take while something is fetched. */
const LOOK_MS = 4_000

export function weights ({ host, swarm, store, isBusy, onFault, onDamage }: WeightsComponents, { uploadBytesPerSecond, diskBytes, patienceMs }: WeightsInit = {}): Weights {
  const offered = new Set<string>()
  /** CIDs of what this node computes with. */
  const served = new Set<string>()
  const budget = diskBudget(store, { limitBytes: diskBytes, pinned: () => served })
  const server: BlobServer = blobServer({ host, blobs: store.blobs, offers: (cid) => offered.has(cid), isBusy, onGiven (cid) { void budget.touch([cid]) } }, { bytesPerSecond: uploadBytesPerSecond })
  let started: Promise<void> | undefined

  /** Nodes that have something of the model, those that are known already first. */
  async function * holders (modelId: string, { signal }: AbortOptions): AsyncGenerator<string> {
    const named = (records: readonly NodeRecord[]): NodeRecord[] => records.filter(({ peerId, protocols, spans, offers }) =>
      peerId !== host.peerId && protocols.includes(BLOB_PROTOCOL) && [...spans, ...offers].some((one) => one.modelId === modelId))
    const known = named(swarm.nodes()).map(({ peerId }) => peerId)
    yield * known
    const { nodes } = await lookAround(swarm, { modelId, timeoutMs: LOOK_MS, ...(signal == null ? {} : { signal }) })
    yield * named(nodes).map(({ peerId }) => peerId).filter((peerId) => !known.includes(peerId))
  }

  const pool = (modelId: string): PeerPool => peerPool({
    find: (options) => holders(modelId, options),
    connect: async (id, options) => await connectBlobPeer(host, id, { ...options, addresses: swarm.nodes().find(({ peerId }) => peerId === id)?.addresses ?? [] }),
    onFault
  })

  async function fetch (modelId: string, parts: readonly Part[], hub: BlobMaker | undefined, options: BringOptions): Promise<void> {
    const room = await budget.makeRoom(parts, options)
    const peers = pool(modelId)
    try {
      await fetchBlobs({ blobs: store.blobs, pool: peers, hub, isBusy }, { ...options, parts, ...(patienceMs === undefined ? {} : { patienceMs }) })
    } finally {
      peers.close()
      room.release()
    }
  }

  async function manifest (modelId: string, { signal }: AbortOptions): Promise<void> {
    if (await store.blobs.has(modelId)) return
    const peers = pool(modelId)
    try {
      const bytes = await fetchWhole(peers, { cid: modelId, what: 'the model\'s manifest', maxBytes: MAX_MANIFEST_BYTES, ...(patienceMs === undefined ? {} : { patienceMs }), ...(signal == null ? {} : { signal }) })
      parseManifest(bytes)
      await writeFileAtomic(store.blobs.path(modelId), bytes, 0o444)
    } finally {
      peers.close()
    }
  }

  return {
    async model (modelId, name, options = {}) {
      if (!isModelId(modelId)) throw new NoSourceError(`${modelId} is no model id`)
      await manifest(modelId, options)
      const stored = await store.list()
      if (!stored.some((one) => one.modelId === modelId)) await store.add(stored.some((one) => one.name === name) ? modelId : name, modelId)
      const found = await store.get(modelId)
      await fetch(modelId, [found.manifest.tokenizer], undefined, options)
      return await store.get(modelId)
    },

    parts: async (modelId, parts, hub, options = {}) => { await fetch(modelId, parts, hub, options) },

    async span ({ modelId, manifest }, span, hub, options = {}) {
      const parts = [manifest.tokenizer, ...spanParts(manifest, span)]
      const { signal, onCheck } = options
      const found = await quickCheck(store.blobs, parts, { random: Math.random, ...(signal == null ? {} : { signal }), ...(onCheck === undefined ? {} : { onBytes: onCheck }) })
      for (const damage of found) {
        onDamage(damage)
        if (!await mend(store.blobs, damage.part, options)) await setAside(store.blobs, damage.part)
      }
      await fetch(modelId, parts, hub, options)
      for (const { cid } of parts) served.add(cid)
      await budget.touch(served)
    },

    async offer ({ modelId, manifest: { tokenizer, embedding, layers, head } }) {
      offered.add(modelId)
      for (const { cid, pieces } of [tokenizer, embedding, ...layers, head]) offered.add(cid).add(pieces)
      await (started ??= server.start())
    },

    async stop () {
      // in use until now
      await budget.touch(served)
      if (started !== undefined) await server.stop()
    }
  }
}
