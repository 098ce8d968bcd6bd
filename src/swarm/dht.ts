import { createHash } from 'node:crypto'
import { gossipsub } from '@libp2p/gossipsub'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'
import { NODE_RECORD_NAMESPACE } from '../../protocols/node-record/index.ts'
import { recordBook, type RecordBook } from './record-book.ts'
import type { Services } from '../p2p/index.ts'

const PROTOCOL = '/shoal/kad/1.0.0'
const SHA2_256 = 0x12
/** Layers that one provider record stands for. */
const BAND_LAYERS = 8
/** Provider records are renewed every minute; a dead provider is forgotten within a few. */
const REPROVIDE_MS = 60_000

export interface SwarmServicesInit {
  /** Only asks: stores nothing for others and is in nobody's routing table. */
  readonly client: boolean
  /** @default true */
  readonly gossip?: boolean
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

export interface SwarmServices {
  /** For the host. */
  readonly services: Services
  /** For the swarm on top of that host. */
  readonly book: RecordBook
  readonly now: () => number
}

/** The libp2p services that a swarm needs: its own DHT, which refuses records that break a rule, and gossip. */
export function swarmServices ({ client, gossip = true, now = Date.now }: SwarmServicesInit): SwarmServices {
  const book = recordBook(now)
  return {
    book,
    now,
    // `as`: each service takes the components it names, libp2p's type wants one that takes all
    services: {
      dht: kadDHT({
        protocol: PROTOCOL,
        logPrefix: 'shoal:kad',
        datastorePrefix: '/shoal/kad',
        metricsPrefix: 'shoal_kad',
        clientMode: client,
        // home networks are the point: private addresses stay
        peerInfoMapper: passthroughMapper,
        initialQuerySelfInterval: 200,
        validators: { [NODE_RECORD_NAMESPACE]: book.validate },
        selectors: { [NODE_RECORD_NAMESPACE]: (key, values) => book.select(key, values) },
        reprovide: { interval: REPROVIDE_MS, validity: 10 * REPROVIDE_MS, threshold: 5 * REPROVIDE_MS }
      }),
      ...(gossip ? { pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, ignoreDuplicatePublishError: true }) } : {})
    } as unknown as Services
  }
}

/** The CID that stands for a text in provider records. */
export const providerCid = (text: string): CID => CID.createV1(raw.code, create(SHA2_256, createHash('sha256').update(text).digest()))

export const NODES = 'shoal/nodes'
export const modelText = (modelId: string): string => `shoal/model/${modelId}`

/** Texts of the bands of layers that a span touches. */
export function bandTexts (modelId: string, start: number, end: number): string[] {
  const texts: string[] = []
  for (let band = Math.floor(start / BAND_LAYERS); band * BAND_LAYERS < end; band++) {
    texts.push(`${modelText(modelId)}/layers/${band}`)
  }
  return texts
}
