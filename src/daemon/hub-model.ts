/** `shoal serve org/name`: from what others made of it where they are believed, else from the hub itself. */
import { believed, type Claim } from './believe.ts'
import { lookAround } from './network.ts'
import { importFromHub, nameFromHub } from './models.ts'
import { fetching, type ServedModel, type SwarmModelComponents } from './serve-model.ts'
import { blobMaker, HubError, hubFiles, knownSources, openFiles, sourceName, type BlobMaker, type HubFiles, type HubName, type OpenedSource, type StoredModel } from '../store/index.ts'
import type { DaemonConfig } from './config.ts'
import type { DaemonHooks } from './hooks.ts'
import type { AbortOptions } from '@libp2p/interface'

const LOOK_MS = 4_000
/** `shoal import --quant` makes others, which have ids of their own. */
const QUANTIZATION = 'keep'

/** @throws {ImportSourceError} @throws {HubError} @throws {NoSourceError} @throws {AmbiguousModelError} nodes contradict one another */
export async function hubModel (components: SwarmModelComponents, hubName: HubName, { trust, span, disk }: Pick<DaemonConfig, 'trust' | 'span' | 'disk'>, hooks: DaemonHooks): Promise<ServedModel> {
  const { store, swarm, weights } = components
  const { signal, onNote, onProgress } = hooks
  const sources = await knownSources(store)
  let files: HubFiles
  try {
    files = await hubFiles(hubName, { signal })
  } catch (error) {
    const known = error instanceof HubError ? madeBefore(hubName, sources) : undefined
    if (known === undefined) throw error
    onNote(`${(error as Error).message}; going on with what was made of ${hubName.repository} before`)
    return { model: await weights.model(known, nameFromHub(hubName), fetching(hooks)), hub: undefined }
  }

  const source = sourceName({ ...hubName, file: files.gguf }, files.commit, QUANTIZATION)
  const own = sources.get(source)
  const belief = own === undefined ? believed(source, await claimsOf(swarm, source, { signal }), { trust }) : undefined
  const modelId = own ?? belief?.modelId
  if (modelId === undefined) {
    // whoever brings a model to the swarm reads it whole once
    const { name } = await importFromHub(store, hubName, files, {
      keep: span ?? 'everything', disk, signal, onProgress: (done, total) => { onProgress(`importing ${hubName.repository}`, 'bytes', done, total) }
    })
    const model = await store.get(name)
    return { model, hub: lazyMaker(files, model, components) }
  }
  if (belief !== undefined) onNote(`${source} is ${modelId}, say nodes on ${belief.networks} network${belief.networks === 1 ? '' : 's'}; it was not made here`)
  const model = await weights.model(modelId, nameFromHub(hubName), fetching(hooks))
  return { model, hub: lazyMaker(files, model, components) }
}

/** What this machine made of any commit of that name; undefined where it made none, or several. */
function madeBefore ({ repository, file }: HubName, sources: ReadonlyMap<string, string>): string | undefined {
  const ids = new Set([...sources].filter(([source]) => source.startsWith(`${repository}@`) && source.endsWith(`:${QUANTIZATION}`) && (file === undefined || source.includes(`/${file}:`))).map(([, modelId]) => modelId))
  const [modelId, other] = ids
  return other === undefined ? modelId : undefined
}

async function claimsOf (swarm: SwarmModelComponents['swarm'], source: string, { signal }: AbortOptions): Promise<Claim[]> {
  const { nodes } = await lookAround(swarm, { source, timeoutMs: LOOK_MS, ...(signal == null ? {} : { signal }) })
  return nodes.flatMap(({ peerId, addresses, offers }) => offers.filter((offer) => offer.source === source).map(({ modelId }) => ({ peerId, modelId, addresses })))
}

/** Opens the source when a blob is to be made of it, and not before. */
function lazyMaker (files: HubFiles, { manifest }: StoredModel, { store }: SwarmModelComponents): BlobMaker {
  let opened: Promise<OpenedSource> | undefined
  return {
    async make (part, options) {
      opened ??= openFiles(files)
      await blobMaker(await opened, manifest, store.blobs).make(part, options)
    }
  }
}
