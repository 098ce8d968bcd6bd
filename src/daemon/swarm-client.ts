/** A visitor of the swarm: holds no layers, asks others. What `ask`, `chat`, `status` and `models` are made of. */
import { setTimeout as delay } from 'node:timers/promises'
import { thinClient } from '../client/index.ts'
import { modelStore } from '../store/index.ts'
import { chooseModel, type ModelChoice } from './choose-model.ts'
import { NoDaemonError, NobodyServesError } from './errors.ts'
import { GOODBYE_MS, joinAll, lookAround, network } from './network.ts'
import { findDaemon } from './state-file.ts'
import { swarmView, type SwarmView } from './swarm-view.ts'
import { teardown } from './teardown.ts'
import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'
import type { NodeRecord } from '../swarm/index.ts'
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

/** How long it takes at most until a record that is there is found, and how long a node may be loading. */
const FIND_MS = 3_000
const LOAD_MS = 60_000
const LOOK_EVERY_MS = 250

/** @throws {NoDaemonError} nothing to join @throws {JoinError} nobody answers there */
export async function joinSwarm ({ data, join, psk, signal, onNote }: JoinSwarmInit): Promise<SwarmClient> {
  const daemon = join.length > 0 ? undefined : await findDaemon(data)
  if (join.length === 0 && daemon == null) throw new NoDaemonError(data)
  const down = teardown(() => { /* a visitor that leaves owes nobody an account */ })
  try {
    const { host, swarm } = await network({ data, join, psk: psk ?? daemon?.psk ?? undefined }, 'client')
    await host.start()
    down.add('host', async () => await host.stop())
    await swarm.start()
    down.add('swarm', async () => await swarm.stop(), GOODBYE_MS)
    const joined = daemon == null ? await joinAll(host, join, { signal }) : await joinAll(host, daemon.addrs, { signal })
    const client = thinClient({ host, swarm })

    const choose = async (asked: string | undefined, records: readonly NodeRecord[]): Promise<ModelChoice> => chooseModel({
      asked,
      storedId: asked == null ? undefined : await storedId(data, asked),
      models: swarmView(records, () => undefined).models,
      joined: records.filter(({ peerId }) => joined.includes(peerId)).flatMap(({ spans }) => spans.map(({ modelId }) => modelId))
    })

    return {
      localPeerId: daemon?.peerId,
      generate: (request, options) => client.generate(request, options),
      chooseModel: async (asked) => {
        const started = performance.now()
        for (let told = false; ;) {
          const records = await lookAround(swarm, { timeoutMs: FIND_MS, signal })
          try {
            const choice = await choose(asked, records)
            if (choice.guessed) onNote(`asking ${choice.model}, the only model that is served whole`)
            return choice
          } catch (error) {
            const loading = records.some(({ spans }) => spans.some(({ state }) => state === 'claiming' || state === 'loading'))
            if (!(error instanceof NobodyServesError) || performance.now() - started > (loading ? LOAD_MS : FIND_MS)) throw error
            if (!told && performance.now() - started > 1000) {
              told = true
              onNote(loading ? 'waiting for nodes that are loading…' : 'looking for nodes…')
            }
          }
          await delay(LOOK_EVERY_MS, undefined, { signal })
        }
      },
      view: async (options = {}) => {
        const started = performance.now()
        let records = await lookAround(swarm, { timeoutMs: FIND_MS, ...options })
        // The joined nodes are there, so their records are: a DHT that was joined this moment may need another look, until one shows nothing new.
        const isComplete = (): boolean => joined.every((peer) => records.some(({ peerId }) => peerId === peer))
        for (let before = 0; (records.length > before || !isComplete()) && performance.now() - started < FIND_MS;) {
          before = records.length
          await delay(LOOK_EVERY_MS, undefined, { signal })
          records = await lookAround(swarm, { timeoutMs: FIND_MS, ...options })
        }
        return swarmView(records, (peer) => swarm.roundTripMs(peer))
      },
      close: async () => await down.run()
    }
  } catch (error) {
    await down.run()
    throw error
  }
}

/** What this machine's own store calls by that name. */
async function storedId (data: string, name: string): Promise<string | undefined> {
  const store = await modelStore(data)
  return (await store.list()).find((model) => model.name === name)?.modelId
}
