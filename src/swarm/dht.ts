import { gossipsub, StrictNoSign, type GossipSub } from '@libp2p/gossipsub'
import { kadDHT, passthroughMapper, type KadDHT, type KadDHTComponents, type SingleKadDHT } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { NODE_RECORD_NAMESPACE } from '../../protocols/node-record/index.ts'
import { boundedDatastore } from './bounded-datastore.ts'
import { recordBook, recordKey, type RecordBook } from './record-book.ts'
import type { OpenedRecord } from './node-record.ts'
import type { Services } from '../p2p/index.ts'

export const KAD_PROTOCOL = '/shoal/kad/1.0.0'
/** Layers that one provider record stands for. */
const BAND_LAYERS = 8
/** How often dead providers are looked for, and how long one counts as alive: the swarm announces every minute. */
const PROVIDER_CLEANUP_MS = 60_000
const PROVIDER_VALIDITY_MS = 5 * 60_000
/** Records and provider records kept for others. */
const MAX_ENTRIES = 20_000
/** After the first answer, others may still bring a newer record. */
const NEWER_WITHIN_MS = 300
const MAX_GOSSIP_BYTES = 64 * 1024
/** Visitors listen at two nodes: they are here for a moment, and pass little on. */
const VISITORS_MESH = { D: 2, Dlo: 1, Dhi: 4, Dscore: 1, Dout: 0, Dlazy: 2 }
/** What gossip knows of a peer that has gone. */
const GOSSIP_MEMORY_MS = 5 * 60_000

export interface SwarmServicesInit {
  /** Only asks: stores nothing for others and is in nobody's routing table. */
  readonly client: boolean
  /** @default true */
  readonly gossip?: boolean
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/** The DHT as the swarm uses it. Every wait ends with its signal. */
export interface NodeDht {
  /** Stores a record of this peer here and at its closest peers; resolves with how many of those took it. */
  put (peerId: string, sealed: Uint8Array, signal: AbortSignal): Promise<number>
  /** The newest record that anybody has and that passes every check. */
  get (peerId: string, signal: AbortSignal): Promise<OpenedRecord | undefined>
  provide (text: string, signal: AbortSignal): Promise<void>
  forget (text: string): Promise<void>
  /** Peers in the routing table. */
  readonly size: number
  /** Peer ids, each once, as they are found. */
  providers (text: string, signal: AbortSignal): AsyncIterable<string>
}

export interface SwarmServices {
  /** For the host. */
  readonly services: Services
  /** For the swarm on top of that host. */
  readonly book: RecordBook
  readonly now: () => number
  readonly dht: NodeDht
  /** Undefined before the host was made, or without gossip. */
  gossip (): GossipSub | undefined
}

/** The libp2p services that a swarm needs: its own DHT, which refuses records that break a rule, and gossip. */
export function swarmServices ({ client, gossip = true, now = Date.now }: SwarmServicesInit): SwarmServices {
  const book = recordBook(now)
  let kad: KadDHT | undefined
  let pubsub: GossipSub | undefined
  const makeKad = kadDHT({
    protocol: KAD_PROTOCOL,
    logPrefix: 'shoal:kad',
    datastorePrefix: '/shoal/kad',
    metricsPrefix: 'shoal_kad',
    clientMode: client,
    // home networks are the point: private addresses stay
    peerInfoMapper: passthroughMapper,
    initialQuerySelfInterval: 200,
    validators: { [NODE_RECORD_NAMESPACE]: book.validate },
    selectors: { [NODE_RECORD_NAMESPACE]: (key, values) => book.select(key, values) },
    reprovide: { interval: PROVIDER_CLEANUP_MS, validity: PROVIDER_VALIDITY_MS, threshold: 0 }
  })
  const makeGossip = gossipsub({
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    maxInboundDataLength: MAX_GOSSIP_BYTES,
    // A record is signed by whom it is about. A second signature would be checked for each copy of it that comes: most of what gossip cost.
    globalSignaturePolicy: StrictNoSign,
    // one more message to each neighbour for every record, which spares few that are as small
    idontwantMinDataSize: MAX_GOSSIP_BYTES,
    // the mesh reaches everybody: a copy for each connection costs a node with hundreds of them more than its answers do
    floodPublish: false,
    ...(client ? VISITORS_MESH : {}),
    // Homes share an address, and each short visit has a peer id of its own: gossipsub remembers it for an hour, and stops listening to anybody at an
    // address that has had more than a dozen. What is worth hearing is told by signatures here.
    scoreParams: { IPColocationFactorWeight: 0, retainScore: GOSSIP_MEMORY_MS }
  })

  return {
    book,
    now,
    dht: nodeDht(() => kad, book),
    gossip: () => pubsub,
    // `as`: each service takes the components it names, libp2p's type wants one that takes all
    services: {
      // an heir, not a copy: components that are not made yet are looked up when they are used
      dht: (components: KadDHTComponents) => kad = makeKad(Object.create(components, { datastore: { value: boundedDatastore(MAX_ENTRIES) } }) as KadDHTComponents),
      ...(gossip ? { pubsub: (components: Parameters<typeof makeGossip>[0]) => pubsub = makeGossip(components) } : {})
    } as unknown as Services
  }
}

function nodeDht (made: () => KadDHT | undefined, book: RecordBook): NodeDht {
  const kad = (): KadDHT => {
    const dht = made()
    if (dht == null) {
      throw new Error('the swarm was used before its services were given to a host')
    }
    return dht
  }

  return {
    // `as`: it is made as one, its type says less
    get size () { return (made() as SingleKadDHT | undefined)?.routingTable.size ?? 0 },
    put: async (peerId, sealed, signal) => {
      // the DHT checks what it takes from others, not what it is told to put
      await book.check(sealed, peerId)
      let stored = 0
      for await (const event of kad().put(recordKey(peerId), sealed, { signal })) {
        stored += event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' ? 1 : 0
      }
      return stored
    },
    // Not the DHT's own best answer: that fails as soon as one peer has an older value and refuses to be corrected.
    get: async (peerId, signal) => {
      let best: OpenedRecord | undefined
      const enough = new AbortController()
      let timer: NodeJS.Timeout | undefined
      try {
        for await (const event of kad().get(recordKey(peerId), { signal: AbortSignal.any([signal, enough.signal]) })) {
          const value = event.name === 'VALUE' ? event.value : event.name === 'PEER_RESPONSE' ? event.record?.value : undefined
          const record = value == null ? undefined : await book.check(value, peerId).catch(() => undefined)
          if (record != null && (best == null || record.seq > best.seq)) {
            best = record
            timer ??= setTimeout(() => { enough.abort() }, NEWER_WITHIN_MS)
          }
        }
      } catch (error) {
        if (best == null) {
          throw error
        }
      } finally {
        clearTimeout(timer)
      }
      return best
    },
    provide: async (text, signal) => {
      const steps = kad().provide(await providerCid(text), { signal })[Symbol.asyncIterator]()
      while ((await steps.next()).done !== true) { /* its steps tell nothing that is needed */ }
    },
    forget: async (text) => { await kad().cancelReprovide(await providerCid(text)) },
    providers: async function * (text, signal) {
      const seen = new Set<string>()
      for await (const event of kad().findProviders(await providerCid(text), { signal })) {
        for (const { id } of event.name === 'PROVIDER' ? event.providers : []) {
          const peerId = id.toString()
          if (!seen.has(peerId)) {
            seen.add(peerId)
            yield peerId
          }
        }
      }
    }
  }
}

/** The CID that stands for a text in provider records; a model's own id stands for itself. */
export const providerCid = async (text: string): Promise<CID> =>
  isCid(text) ? CID.parse(text) : CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(text)))

function isCid (text: string): boolean {
  try {
    return CID.parse(text).version === 1
  } catch {
    return false
  }
}

export const NODES = 'shoal/nodes'
/** Of those who made a model from `org/name@commit:quantisation`. */
export const sourceText = (source: string): string => `shoal/source/${source}`

/** Texts of the bands of layers that a span touches. */
export function bandTexts (modelId: string, start: number, end: number): string[] {
  const texts: string[] = []
  for (let band = Math.floor(start / BAND_LAYERS); band * BAND_LAYERS < end; band++) {
    texts.push(`shoal/model/${modelId}/layers/${band}`)
  }
  return texts
}
