/** A model's bytes on their way between this node's disk and its peers. */
import { isModelId, MAX_MANIFEST_BYTES, parseManifest, spanParts, type Part, type Span } from '../model/index.ts'
import {
  blobServer, connectBlobPeer, fetchBlobs, fetchWhole, NoSourceError, peerPool, writeFileAtomic,
  type BlobMaker, type BlobServer, type FetchProgress, type ModelStore, type PeerPool, type StoredModel
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
}

export interface WeightsInit {
  readonly uploadBytesPerSecond?: number | undefined
}

export interface BringOptions extends AbortOptions {
  onProgress? (progress: FetchProgress): void
}

/** Brings models here from peers, and gives away what is here. */
export interface Weights {
  /** A model by its id: its manifest and tokenizer come from peers, and it is called `name` where that is free. @throws {NoSourceError} */
  model (modelId: string, name: string, options?: BringOptions): Promise<StoredModel>
  /** Makes sure that the blobs of a span are here. @throws {NoSourceError} @throws {StoreWriteError} @throws {CorruptBlobError} */
  span (model: StoredModel, span: Span, hub: BlobMaker | undefined, options?: BringOptions): Promise<void>
  /** Gives away what is here of a model, from then on. */
  offer (model: StoredModel): Promise<void>
  stop (): Promise<void>
}

/** How long one look at the DHT may take while something is fetched. */
const LOOK_MS = 4_000

export function weights ({ host, swarm, store, isBusy, onFault }: WeightsComponents, { uploadBytesPerSecond }: WeightsInit = {}): Weights {
  const offered = new Set<string>()
  const server: BlobServer = blobServer({ host, blobs: store.blobs, offers: (cid) => offered.has(cid), isBusy }, { bytesPerSecond: uploadBytesPerSecond })
  let started: Promise<void> | undefined

  /** Nodes that have something of the model, those that are known already first. */
  async function * holders (modelId: string, { signal }: AbortOptions): AsyncGenerator<string> {
    const named = (records: readonly NodeRecord[]): NodeRecord[] => records.filter(({ peerId, protocols, spans, offers }) =>
      peerId !== host.peerId && protocols.includes(BLOB_PROTOCOL) && [...spans, ...offers].some((one) => one.modelId === modelId))
    const known = named(swarm.nodes()).map(({ peerId }) => peerId)
    yield * known
    const found = named(await lookAround(swarm, { modelId, timeoutMs: LOOK_MS, ...(signal == null ? {} : { signal }) }))
    yield * found.map(({ peerId }) => peerId).filter((peerId) => !known.includes(peerId))
  }

  const pool = (modelId: string): PeerPool => peerPool({
    find: (options) => holders(modelId, options),
    connect: async (id, options) => await connectBlobPeer(host, id, { ...options, addresses: swarm.nodes().find(({ peerId }) => peerId === id)?.addresses ?? [] }),
    onFault
  })

  async function fetch (modelId: string, parts: readonly Part[], hub: BlobMaker | undefined, options: BringOptions): Promise<void> {
    const peers = pool(modelId)
    try {
      await fetchBlobs({ blobs: store.blobs, pool: peers, hub, isBusy }, { ...options, parts })
    } finally {
      peers.close()
    }
  }

  async function manifest (modelId: string, { signal }: AbortOptions): Promise<void> {
    if (await store.blobs.has(modelId)) return
    const peers = pool(modelId)
    try {
      const bytes = await fetchWhole(peers, { cid: modelId, what: 'the model\'s manifest', maxBytes: MAX_MANIFEST_BYTES, ...(signal == null ? {} : { signal }) })
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

    async span ({ modelId, manifest: { tokenizer, ...manifest } }, span, hub, options = {}) {
      await fetch(modelId, [tokenizer, ...spanParts({ ...manifest, tokenizer }, span)], hub, options)
    },

    async offer ({ modelId, manifest: { tokenizer, embedding, layers, head } }) {
      offered.add(modelId)
      for (const { cid, pieces } of [tokenizer, embedding, ...layers, head]) offered.add(cid).add(pieces)
      await (started ??= server.start())
    },

    async stop () {
      if (started !== undefined) await server.stop()
    }
  }
}
