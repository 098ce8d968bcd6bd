/** A visit to a swarm: a host that only dials, what it knows of the swarm, and a thin client over both. */
import { connectionsOf, pskOf } from '../p2p/portable.ts'
import { createSwarm, swarmServices, type NodeRecord, type Swarm } from '../swarm/index.ts'
import { FIND_MS, findModel, LOOK_EVERY_MS, type FindModelOptions } from './find-model.ts'
import { joinAll, lookAround } from './join.ts'
import { stay } from './stay.ts'
import { thinClient } from './thin-client.ts'
import { delay } from './delay.ts'
import type { Host, Services } from '../p2p/portable.ts'
import type { ModelChoice } from './choose-model.ts'
import type { PeerConnection, ProgressEvent } from './api.ts'
import type { ThinClient } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Makes a host that only dials and has a key for this run alone: what differs between Node and a page. */
export type MakeHost = (init: { readonly services: Services, readonly psk?: Uint8Array }) => Promise<Host>

export interface VisitInit extends AbortOptions {
  readonly makeHost: MakeHost
  /** Addresses or invites. */
  readonly bootstrap: readonly string[]
  /** @default the one that an invite brings along */
  readonly psk?: Uint8Array | undefined
  on (event: ProgressEvent): void
}

export interface Visit {
  readonly peerId: string
  readonly joined: readonly string[]
  readonly swarm: Pick<Swarm, 'roundTripMs'>
  readonly client: ThinClient
  /** Waits a little for nodes that are being found or are loading. @throws {AmbiguousModelError} @throws {NobodyServesError} */
  findModel (options?: FindModelOptions): Promise<ModelChoice>
  /** Who is there, as the DHT knows it. */
  records (options?: AbortOptions): Promise<readonly NodeRecord[]>
  connections (): PeerConnection[]
  /** The connection to a peer that is talked to. */
  connectionTo (peerId: string): PeerConnection
  close (): Promise<void>
}

/** Saying goodbye may find nobody to say it to. */
const GOODBYE_MS = 1_500

/** @throws {JoinError} nobody answers there @throws {BadAddressError} */
export async function visit ({ makeHost, bootstrap, psk = pskOf(bootstrap), signal, on }: VisitInit): Promise<Visit> {
  signal?.throwIfAborted()
  const services = swarmServices({ client: true })
  const host = await makeHost({ services: services.services, ...(psk === undefined ? {} : { psk }) })
  const swarm = createSwarm({ host, services })
  let leave = (): void => { /* not joined yet */ }
  const close = async (): Promise<void> => {
    leave()
    await Promise.race([swarm.stop().catch(() => { /* it leaves in any case */ }), delay(GOODBYE_MS)])
    await host.stop()
  }

  const connections = (): PeerConnection[] => connectionsOf(host)
  const connectionTo = (peerId: string): PeerConnection => connections().find((connection) => connection.peerId === peerId) ?? { peerId, way: 'other', address: '' }

  try {
    await host.start()
    await swarm.start()
    const joined = await joinAll(host, bootstrap, signal == null ? {} : { signal })
    for (const peerId of new Set(joined)) on({ kind: 'joined', ...connectionTo(peerId) })
    leave = stay({ host, swarm, connections: () => connections().length }, { bootstrap }).stop

    return {
      peerId: host.peerId,
      joined,
      swarm,
      client: thinClient({ host, swarm }),
      connections,
      connectionTo,
      close,
      findModel: async (options = {}) => await findModel({ swarm, joined }, { on, ...options }),
      records: async (options = {}) => {
        const started = performance.now()
        const look = async (): Promise<readonly NodeRecord[]> => (await lookAround(swarm, { timeoutMs: FIND_MS, ...options })).nodes
        let records = await look()
        // The joined nodes are there, so their records are: a DHT that was joined this moment may need another look, until one shows nothing new.
        const isComplete = (): boolean => joined.every((peer) => records.some(({ peerId }) => peerId === peer))
        for (let before = 0; (records.length > before || !isComplete()) && performance.now() - started < FIND_MS;) {
          before = records.length
          await delay(LOOK_EVERY_MS, options.signal)
          records = await look()
        }
        return records
      }
    }
  } catch (error) {
    await close()
    throw error
  }
}
