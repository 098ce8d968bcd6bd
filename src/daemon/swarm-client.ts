/** A visitor of the swarm, as this machine's commands are one: what `ask`, `chat`, `status` and `models` are made of. */
import { visit, type ModelChoice, type ProgressEvent, type Visit } from '../client/index.ts'
import { createHost, loadPsk } from '../p2p/index.ts'
import { modelStore } from '../store/index.ts'
import { NoDaemonError } from './errors.ts'
import { findDaemon } from './state-file.ts'
import { swarmView, type SwarmView } from './swarm-view.ts'
import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface JoinSwarmInit {
  readonly data: string
  /** Addresses or invites. @default the daemon of the data folder */
  readonly join: readonly string[]
  readonly psk?: string | undefined
  readonly signal: AbortSignal
  /** A word to the person who waits. */
  onNote (text: string): void
}

export interface SwarmClient {
  /** The daemon on this machine, if that is what was joined. */
  readonly localPeerId: string | undefined
  /** Waits a little for nodes that are being found or are loading. @throws {AmbiguousModelError} @throws {NobodyServesError} */
  chooseModel (asked?: string): Promise<ModelChoice>
  generate (request: GenerateRequest, options?: AbortOptions): AsyncIterable<GenerateEvent>
  /** Read from the DHT. */
  view (options?: AbortOptions): Promise<SwarmView>
  close (): Promise<void>
}

/** @throws {NoDaemonError} nothing to join @throws {JoinError} nobody answers there */
export async function joinSwarm ({ data, join, psk, signal, onNote }: JoinSwarmInit): Promise<SwarmClient> {
  const daemon = join.length > 0 ? undefined : await findDaemon(data)
  if (join.length === 0 && daemon == null) throw new NoDaemonError(data)
  const keyFile = psk ?? daemon?.psk ?? undefined
  const visited: Visit = await visit({
    makeHost: async (init) => await createHost({ ...init, listen: [] }),
    bootstrap: daemon?.addrs ?? join,
    ...(keyFile === undefined ? {} : { psk: await loadPsk(keyFile) }),
    signal,
    on: (event) => { noteOf(event).forEach(onNote) }
  })
  return {
    localPeerId: daemon?.peerId,
    generate: (request, options) => visited.client.generate(request, options),
    chooseModel: async (asked) => await visited.findModel({ asked, storedId: asked == null ? undefined : await storedId(data, asked), signal }),
    view: async (options = {}) => swarmView(await visited.records({ signal, ...options }), (peer) => visited.swarm.roundTripMs(peer)),
    close: async () => { await visited.close() }
  }
}

/** What is worth telling the person who waits. */
function noteOf (event: ProgressEvent): string[] {
  if (event.kind === 'model' && event.guessed) return [`asking ${event.model}, the only model that is served whole`]
  if (event.kind === 'waiting') return [event.for === 'loading' ? 'waiting for nodes that are loading…' : 'looking for nodes…']
  return []
}

/** What this machine's own store calls by that name. */
async function storedId (data: string, name: string): Promise<string | undefined> {
  const store = await modelStore(data)
  return (await store.list()).find((model) => model.name === name)?.modelId
}
