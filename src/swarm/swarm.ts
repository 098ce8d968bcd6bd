import { setMaxListeners } from 'node:events'
import { bandTexts, modelText, NODES, providerCid, type SwarmServices } from './dht.ts'
import { sealRecord, type OpenedRecord } from './node-record.ts'
import { recordKey } from './record-book.ts'
import { roundTrips } from './round-trips.ts'
import type { NodeDescription, NodeRecord, Swarm } from './types.ts'
import type { Host } from '../p2p/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface SwarmComponents {
  readonly host: Pick<Host, 'peerId' | 'libp2p' | 'privateKey' | 'ping'>
  readonly services: Pick<SwarmServices, 'book' | 'now'>
  /** Keeps the last sequence over restarts. @default not kept */
  readonly sequence?: { load (): Promise<bigint>, save (seq: bigint): Promise<void> }
}

export interface SwarmInit {
  /** @default 45,000 */
  readonly republishMs?: number
  /** Called with what went wrong in the background. @default nothing */
  onError? (context: string, error: unknown): void
}

const REPUBLISH_MS = 45_000
/** Changes are told at most this often. */
const MIN_PUBLISH_GAP_MS = 1000
/** A new neighbour may be the first one: what could not be put before is put now, once a burst of them is over. */
const NEIGHBOUR_WAIT_MS = 300
const PUT_TIMEOUT_MS = 10_000
const GET_TIMEOUT_MS = 3000
const FIND_TIMEOUT_MS = 4000
/** A second look at the DHT waits this long where the first found nobody. */
const RETRY_MS = 300
const REFRESH_TIMEOUT_MS = 10_000
const MAX_NODES = 2000
const RECORDS_AT_ONCE = 16
const GOSSIP_PREFIX = '/shoal/gossip/'

interface GossipMessage { detail: { topic: string, data: Uint8Array } }
interface Gossip {
  subscribe (topic: string): void
  publish (topic: string, data: Uint8Array): Promise<unknown>
  addEventListener (type: 'message', listener: (event: GossipMessage) => void): void
  removeEventListener (type: 'message', listener: (event: GossipMessage) => void): void
}

/** Who is out there: publishes this node's record and reads those of others. */
export function createSwarm ({ host, services: { book, now }, sequence }: SwarmComponents, init: SwarmInit = {}): Swarm {
  const { republishMs = REPUBLISH_MS, onError = () => { /* told to nobody */ } } = init
  const { contentRouting } = host.libp2p
  const table = new Map<string, OpenedRecord>()
  const listeners = new Set<() => void>()
  const ending = new AbortController()
  const trips = roundTrips(host.ping)
  const gossip = (host.libp2p.services as { pubsub?: Gossip }).pubsub
  const topics = new Set<string>()
  let own: NodeDescription | undefined
  let seq = 0n
  let timer: NodeJS.Timeout | undefined
  let lastPublishMs = -Infinity
  let publishing: Promise<void> = Promise.resolve()
  /** Provider texts announced; libp2p renews them. */
  const provided = new Set<string>()

  const changed = (): void => { listeners.forEach((listener) => { listener() }) }

  const take = (record: OpenedRecord): void => {
    const known = table.get(record.peerId)
    if (record.peerId === host.peerId || (known != null && known.seq >= record.seq)) {
      return
    }
    table.delete(record.peerId)
    table.set(record.peerId, record)
    if (table.size > MAX_NODES) {
      table.delete(table.keys().next().value ?? '')
    }
    changed()
  }

  const live = (): NodeRecord[] => [...table.values()].filter(({ gone, expiresAtMs }) => !gone && expiresAtMs > now())

  const within = (timeoutMs: number, signal?: AbortSignal | null): AbortSignal => {
    const joined = AbortSignal.any([AbortSignal.timeout(timeoutMs), ending.signal, ...(signal == null ? [] : [signal])])
    // one query listens to it from many places
    setMaxListeners(Infinity, joined)
    return joined
  }

  /** Runs publications one after another; the gap between two keeps a busy node from flooding others. */
  const schedule = (delayMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      publishing = publishing.then(async () => { await put(false) }).catch((error: unknown) => { onError('publishing the node record', error) })
      void publishing.then(() => { if (!ending.signal.aborted) { schedule(republishMs) } })
    }, Math.max(delayMs, lastPublishMs + MIN_PUBLISH_GAP_MS - now()))
  }

  const put = async (gone: boolean): Promise<void> => {
    if (own == null) {
      return
    }
    lastPublishMs = now()
    const last = await sequence?.load() ?? 0n
    seq = [seq + 1n, last + 1n, BigInt(Math.floor(now()))].reduce((most, one) => one > most ? one : most)
    await sequence?.save(seq)
    const sealed = await sealRecord(host.privateKey, own, { seq, nowMs: now(), gone })
    // The DHT checks what it takes from others, not what it is told to put.
    await book.check(sealed)
    const models = new Set(own.spans.map(({ modelId }) => modelId))
    if (gossip != null) {
      await Promise.allSettled([...models].map(async (modelId) => {
        follow(modelId)
        await gossip.publish(GOSSIP_PREFIX + modelId, sealed)
      }))
    }
    if (host.libp2p.getPeers().length === 0) {
      return
    }
    // a leaving node has no time to lose
    const signal = within(gone ? GET_TIMEOUT_MS : PUT_TIMEOUT_MS)
    const texts = gone ? [] : [NODES, ...own.spans.flatMap(({ modelId, start, end }) => [modelText(modelId), ...bandTexts(modelId, start, end)])]
    await Promise.all([
      contentRouting.put(recordKey(host.peerId), sealed, { signal }),
      ...[...new Set(texts)].filter((text) => !provided.has(text)).map(async (text) => {
        await contentRouting.provide(providerCid(text), { signal })
        provided.add(text)
      })
    ])
  }

  const follow = (modelId: string): void => {
    if (gossip != null && !topics.has(modelId)) {
      topics.add(modelId)
      gossip.subscribe(GOSSIP_PREFIX + modelId)
    }
  }

  const onGossip = ({ detail: { topic, data } }: GossipMessage): void => {
    if (topic.startsWith(GOSSIP_PREFIX)) {
      book.check(data).then(take, (error: unknown) => { onError('a record that was gossiped', error) })
    }
  }

  const onNeighbour = (): void => {
    provided.clear()
    schedule(NEIGHBOUR_WAIT_MS)
  }

  const readRecord = async (peerId: string, signal: AbortSignal): Promise<void> => {
    if (peerId === host.peerId) {
      return
    }
    try {
      const value = await contentRouting.get(recordKey(peerId), { signal })
      take(await book.check(value, peerId))
    } catch (error) {
      onError(`reading the record of ${peerId}`, error)
    }
  }

  /** Asks for providers and reads their records, so many at once, as they are found. */
  const look = async (text: string, signal: AbortSignal): Promise<void> => {
    const seen = new Set<string>()
    const reading = new Set<Promise<void>>()
    try {
      for await (const { id } of contentRouting.findProviders(providerCid(text), { signal: within(FIND_TIMEOUT_MS, signal) })) {
        const peerId = id.toString()
        if (!seen.has(peerId) && seen.size < MAX_NODES) {
          seen.add(peerId)
          const one = readRecord(peerId, within(GET_TIMEOUT_MS, signal)).finally(() => reading.delete(one))
          reading.add(one)
          if (reading.size >= RECORDS_AT_ONCE) {
            await Promise.race(reading)
          }
        }
      }
    } catch (error) {
      onError(`looking for ${text}`, error)
    }
    await Promise.all(reading)
  }

  return {
    start: async () => {
      gossip?.addEventListener('message', onGossip)
      host.libp2p.addEventListener('peer:identify', onNeighbour)
      trips.start(() => live().map(({ peerId }) => peerId))
      await Promise.resolve()
    },
    stop: async () => {
      host.libp2p.removeEventListener('peer:identify', onNeighbour)
      clearTimeout(timer)
      trips.stop()
      await publishing
      clearTimeout(timer)
      await put(true).catch((error: unknown) => { onError('saying goodbye', error) })
      gossip?.removeEventListener('message', onGossip)
      ending.abort()
    },
    publish: async (description) => {
      own = description
      own.spans.forEach(({ modelId }) => { follow(modelId) })
      // what is new is provided at the next put
      schedule(0)
      await Promise.resolve()
    },
    nodes: live,
    refresh: async ({ modelId, signal }: AbortOptions & { modelId?: string } = {}) => {
      if (modelId != null) {
        follow(modelId)
      }
      const whole = within(REFRESH_TIMEOUT_MS, signal)
      const found = (): NodeRecord[] => live().filter(({ spans }) => modelId == null || spans.some((span) => span.modelId === modelId))
      await look(modelId == null ? NODES : modelText(modelId), whole)
      // a node that has just joined knows nobody yet
      while (found().length === 0 && !whole.aborted) {
        await new Promise((resolve) => { setTimeout(resolve, RETRY_MS) })
        await look(modelId == null ? NODES : modelText(modelId), whole)
      }
      signal?.throwIfAborted()
      return found()
    },
    roundTripMs: (peerId) => peerId === host.peerId ? 0 : trips.of(peerId),
    markUnreachable: (peerId) => {
      const record = table.get(peerId)
      if (record != null) {
        // its next record, with a higher sequence, brings it back
        table.set(peerId, { ...record, gone: true })
        changed()
      }
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    }
  }
}
