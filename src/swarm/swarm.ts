import { setMaxListeners } from 'main-event'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { anySignal } from 'any-signal'
import { announcer } from './announcer.ts'
import { bandTexts, KAD_PROTOCOL, NODES, sourceText, type SwarmServices } from './dht.ts'
import { recordGossip, type RecordGossip } from './gossip.ts'
import { liveTable } from './live-table.ts'
import { isSameButForLoad } from './load.ts'
import { sealRecord } from './node-record.ts'
import { roundTrips } from './round-trips.ts'
import { sequenceCounter, type SequenceStore } from './sequence.ts'
import type { OpenedRecord } from './node-record.ts'
import type { NodeDescription, NodeRecord, Swarm } from './types.ts'
import type { Host } from '../p2p/index.ts'

export interface SwarmComponents {
  readonly host: Pick<Host, 'peerId' | 'mayConnect' | 'libp2p' | 'privateKey' | 'ping'>
  readonly services: Omit<SwarmServices, 'services'>
  /** @default not kept: the clock decides alone */
  readonly sequence?: SequenceStore
}

export interface SwarmInit {
  /** @default 45,000 */
  readonly republishMs?: number
  /** Between two words on how busy this node is. @default 10,000 */
  readonly loadEveryMs?: number
  /** Called with what went wrong in the background. @default nothing */
  onError? (context: string, error: unknown): void
}

const REPUBLISH_MS = 45_000
/** Whom gossip reaches hears from each node within this. */
export const REPEATED_MS = 50_000
/** How busy a node is changes all the time: it is told by gossip alone, no more often than this, and to the DHT with the next repetition. */
const LOAD_EVERY_MS = 10_000
/** Provider records younger than this are not sent again with a mere change. */
const PROVIDED_MS = 30_000
const PUT_TIMEOUT_MS = 10_000
/** Where nobody could store anything: what is stored here for those who come is stored at once. */
const LONELY_PUT_MS = 250
const GOODBYE_MS = 3000
const GET_TIMEOUT_MS = 3000
const FIND_TIMEOUT_MS = 4000
/** A second look at the DHT waits this long where the first found nobody. */
const RETRY_MS = 300
const REFRESH_TIMEOUT_MS = 10_000
const RECORDS_AT_ONCE = 16
/** One lookup may end at so many providers though there are more. */
const FULL_LOOKUP = 20
/** What was read or heard so lately is not read again with a lookup: many looks follow one another where somebody is missed. */
const FRESH_MS = 5_000
/** A known node that a lookup did not name is read again at this age: it outlives a full list. */
const OLD_RECORD_MS = 60_000

/** Who is out there: publishes this node's record and reads those of others. */
export function createSwarm ({ host, services, sequence }: SwarmComponents, init: SwarmInit = {}): Swarm {
  const { book, now, dht } = services
  const { republishMs = REPUBLISH_MS, loadEveryMs = LOAD_EVERY_MS, onError = () => { /* told to nobody */ } } = init
  const table = liveTable(host.peerId, now)
  const trips = roundTrips(host.ping)
  const nextSequence = sequenceCounter(now, sequence)
  const ending = new AbortController()
  /** When each provider text was announced. */
  const provided = new Map<string, number>()
  let own: NodeDescription | undefined
  let gossip: RecordGossip | undefined
  /** Of the last announcement, or word of load. */
  let toldMs = -Infinity
  let loadTimer: NodeJS.Timeout | undefined
  let forgetStored = (): void => { /* not started */ }

  // every query that is under way
  setMaxListeners(Infinity, ending.signal)

  /** `AbortSignal.any` would leave something of every query in `ending`, which lives as long as the node. */
  const within = async <T>(timeoutMs: number, signal: AbortSignal | null | undefined, query: (limited: AbortSignal) => Promise<T>): Promise<T> => {
    const limited = anySignal([AbortSignal.timeout(timeoutMs), ending.signal, signal])
    // one query listens to it from many places
    setMaxListeners(Infinity, limited)
    try {
      return await query(limited)
    } finally {
      limited.clear()
    }
  }

  /**
   * A peer's own newest word on its addresses replaces what libp2p has gathered: it dials them one after another, and gives a peer up
   * after 25, so that one that had been at many addresses could not be reached any more.
   */
  const take = (record: OpenedRecord, asked: boolean): void => {
    if (!host.mayConnect(record.peerId) || !table.take(record, asked) || record.gone || record.addresses.length === 0) {
      return
    }
    const multiaddrs = record.addresses.flatMap((address) => parsedAddress(address) ?? [])
    host.libp2p.peerStore.patch(peerIdFromString(record.peerId), { multiaddrs }).catch((error: unknown) => { onError(`keeping the addresses of ${record.peerId}`, error) })
  }

  /** Peers at the other end of a connection that keep values for others. */
  const neighbours = async (): Promise<string[]> => {
    const peers = await Promise.allSettled(host.libp2p.getPeers().map(async (peer) => await host.libp2p.peerStore.get(peer)))
    return peers.flatMap((result) => result.status === 'fulfilled' && result.value.protocols.includes(KAD_PROTOCOL) ? [result.value.id.toString()] : [])
  }
  const hasStorer = async (): Promise<boolean> => (await neighbours()).length > 0

  const provide = async (texts: ReadonlySet<string>, signal: AbortSignal): Promise<void> => {
    await Promise.all([...provided.keys()].filter((text) => !texts.has(text)).map(async (text) => {
      provided.delete(text)
      await dht.forget(text)
    }))
    await Promise.all([...texts].filter((text) => now() - (provided.get(text) ?? -Infinity) >= PROVIDED_MS).map(async (text) => {
      await dht.provide(text, signal)
      provided.set(text, now())
    }))
  }

  /** Seals a new record, and gossips it. */
  const tell = async (description: NodeDescription): Promise<Uint8Array> => {
    clearTimeout(loadTimer)
    loadTimer = undefined
    toldMs = performance.now()
    const sealed = await sealRecord(host.privateKey, description, { seq: await nextSequence(), nowMs: now() })
    await gossip?.publish(new Set(description.spans.map(({ modelId }) => modelId)), sealed)
    return sealed
  }

  /** Once more, when it is time, with what is known then. */
  const tellLoad = (): void => {
    loadTimer ??= setTimeout(() => {
      if (own != null) tell(own).catch((error: unknown) => { onError('telling how busy this node is', error) })
    }, toldMs + loadEveryMs - performance.now())
  }

  const announce = async (signal: AbortSignal): Promise<number> => {
    const description = own
    if (description == null) {
      return 0
    }
    const sealed = await tell(description)
    const texts = new Set([
      NODES,
      ...description.spans.flatMap(({ modelId, start, end }) => [modelId, ...bandTexts(modelId, start, end)]),
      ...description.offers.flatMap(({ modelId, source }) => (source === '' ? [modelId] : [modelId, sourceText(source)]))
    ])
    if (!await hasStorer()) {
      provided.clear()
      await within(LONELY_PUT_MS, signal, async (alone) => {
        await Promise.allSettled([dht.put(host.peerId, sealed, alone), ...Array.from(texts, async (text) => { await dht.provide(text, alone) })])
      })
      return 0
    }
    const [stored, announced] = await within(PUT_TIMEOUT_MS, signal, async (limited) =>
      await Promise.allSettled([dht.put(host.peerId, sealed, limited), provide(texts, limited)]))
    if (announced.status === 'rejected' && !signal.aborted) {
      onError('announcing what this node serves', announced.reason)
    }
    if (stored.status === 'rejected') {
      throw stored.reason
    }
    return stored.value
  }

  const announcements = announcer(announce, { repeatMs: republishMs, onError: (error) => { onError('publishing the node record', error) } })

  const goodbye = async (): Promise<void> => {
    if (own == null) {
      return
    }
    const sealed = await sealRecord(host.privateKey, own, { seq: await nextSequence(), nowMs: now(), gone: true })
    await gossip?.publish(new Set(own.spans.map(({ modelId }) => modelId)), sealed)
    await Promise.all(Array.from(provided.keys(), async (text) => { await dht.forget(text) }))
    if (await hasStorer()) {
      await within(GOODBYE_MS, undefined, async (limited) => await dht.put(host.peerId, sealed, limited))
    }
  }

  const onIdentify = ({ detail: { protocols } }: { detail: { protocols: string[] } }): void => {
    if (protocols.includes(KAD_PROTOCOL)) {
      announcements.neighbour()
    }
  }

  /** @returns whether the DHT had its say */
  const readRecord = async (peerId: string, signal: AbortSignal): Promise<boolean> => {
    try {
      const record = await within(GET_TIMEOUT_MS, signal, async (limited) => await dht.get(peerId, limited))
      if (record != null) {
        take(record, true)
      }
      return true
    } catch (error) {
      onError(`reading the record of ${peerId}`, error)
      return false
    }
  }

  /** Reads records as their owners' ids come in, so many at once. */
  const readAll = async (peerIds: AsyncIterable<string> | Iterable<string>, freshMs: number, signal: AbortSignal): Promise<{ seen: Set<string>, isWhole: boolean }> => {
    const seen = new Set<string>([host.peerId])
    const reading = new Set<Promise<void>>()
    let isWhole = true
    try {
      for await (const peerId of peerIds) {
        if (!seen.has(peerId)) {
          seen.add(peerId)
          if (table.isFresh(peerId, freshMs)) {
            continue
          }
          const one = readRecord(peerId, signal).then((isRead) => {
            reading.delete(one)
            isWhole &&= isRead
          })
          reading.add(one)
          if (reading.size >= RECORDS_AT_ONCE) {
            await Promise.race(reading)
          }
        }
      }
    } catch (error) {
      onError('looking for nodes', error)
      isWhole = false
    }
    await Promise.all(reading)
    return { seen, isWhole }
  }

  const look = async (modelId: string | undefined, source: string | undefined, freshMs: number, signal: AbortSignal): Promise<boolean> => {
    const find = async (text: string): ReturnType<typeof readAll> =>
      await within(FIND_TIMEOUT_MS, signal, async (limited) => await readAll(dht.providers(text, limited), freshMs, signal))
    const { seen, ...first } = await find(source == null ? modelId ?? NODES : sourceText(source))
    const layerCount = Math.max(0, ...table.live().flatMap(({ spans }) => spans.flatMap((span) => span.modelId === modelId ? [span.layerCount] : [])))
    let { isWhole } = first
    if (modelId != null && seen.size >= FULL_LOOKUP) {
      await Promise.all(bandTexts(modelId, 0, layerCount).map(async (text) => {
        const band = await find(text)
        band.seen.forEach((peerId) => seen.add(peerId))
        isWhole &&= band.isWhole
      }))
    }
    const old = await readAll(table.olderThan(OLD_RECORD_MS).filter((peerId) => !seen.has(peerId)), freshMs, signal)
    return isWhole && old.isWhole
  }

  return {
    start: async () => {
      const pubsub = services.gossip()
      if (pubsub != null) {
        gossip = recordGossip({ pubsub, book, take: (record) => { take(record, false) } })
        own?.spans.forEach(({ modelId }) => gossip?.follow(modelId))
      }
      forgetStored = book.onStored((record) => { take(record, false) })
      host.libp2p.addEventListener('peer:identify', onIdentify)
      trips.start(() => table.live().map(({ peerId }) => peerId))
      await Promise.resolve()
    },
    stop: async () => {
      host.libp2p.removeEventListener('peer:identify', onIdentify)
      forgetStored()
      trips.stop()
      clearTimeout(loadTimer)
      await announcements.stop()
      await goodbye().catch((error: unknown) => { onError('saying goodbye', error) })
      gossip?.stop()
      table.stop()
      ending.abort()
    },
    publish: async (description) => {
      // what no record can hold is refused here, not in the background
      await sealRecord(host.privateKey, description, { seq: 0n, nowMs: now() })
      const isLoad = own != null && isSameButForLoad(own, description)
      own = description
      own.spans.forEach(({ modelId }) => gossip?.follow(modelId))
      if (isLoad) tellLoad()
      else announcements.soon()
    },
    nodes: () => table.live(),
    get routingTable () { return dht.size },
    refresh: async ({ modelId, source, freshMs = FRESH_MS, signal } = {}) => {
      if (modelId != null) {
        gossip?.follow(modelId)
      }
      const found = (): NodeRecord[] => table.live().filter(({ spans, offers }) => (modelId == null || [...spans, ...offers].some((one) => one.modelId === modelId)) &&
        (source == null || offers.some((offer) => offer.source === source)))
      const isWhole = await within(REFRESH_TIMEOUT_MS, signal, async (whole) => {
        let last = await look(modelId, source, freshMs, whole)
        // a node that has just joined knows nobody yet
        while (found().length === 0 && !whole.aborted) {
          await new Promise((resolve) => { setTimeout(resolve, RETRY_MS) })
          last = await look(modelId, source, freshMs, whole)
        }
        return last
      })
      signal?.throwIfAborted()
      return { nodes: found(), isWhole }
    },
    roundTripMs: (peerId) => peerId === host.peerId ? 0 : trips.of(peerId),
    neighbours,
    drop: (peerId) => {
      for (const connection of host.libp2p.getConnections(peerIdFromString(peerId))) connection.abort(new Error('the peer does not answer'))
    },
    onChange: (listener) => table.onChange(listener)
  }
}

/** Undefined where a record names what is no address. */
function parsedAddress (address: string): ReturnType<typeof multiaddr> | undefined {
  try {
    return multiaddr(address)
  } catch {
    return undefined
  }
}
