/** What Shoal's libp2p nodes have in common, in Node and in a browser. */
import { yamux } from '@libp2p/yamux'
import { identify, identifyPush } from '@libp2p/identify'
import { ping, type Ping } from '@libp2p/ping'
import { FaultTolerance, type Libp2p, type PrivateKey } from '@libp2p/interface'
import { quickNoise } from './noise.ts'
import type { Libp2pOptions } from 'libp2p'

/** Fair share of a connection for one stream: small control frames don't wait for a whole activation (measured on a 40 ms link). */
const MAX_STREAM_WINDOW = 1024 * 1024

/** How often each connection is tried, and how long an answer may take before it is ended. */
const MONITOR_EVERY_MS = 15_000
const MONITOR_TIMEOUT_MS = 10_000

/** What the swarm room adds to the host: its DHT and gossip. */
export type Services = NonNullable<Libp2pOptions['services']>
export type ShoalLibp2p = Libp2p<{ ping: Ping }>

export interface BaseInit {
  readonly privateKey: PrivateKey
  readonly psk?: Uint8Array | undefined
}

/** Encryption, streams and limits; transports and further services are the platform's. */
export const baseOptions = async ({ privateKey, psk }: BaseInit): Promise<Libp2pOptions> => ({
  privateKey,
  start: false,
  connectionEncrypters: [quickNoise()],
  streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW } })],
  // its cipher is WebAssembly, compiled as soon as it is loaded: a page may have to be allowed that
  ...(psk == null ? {} : { connectionProtector: (await import('@libp2p/pnet')).preSharedKey({ psk }) }),
  connectionGater: { denyDialMultiaddr: () => false },
  // Who answers slowly is not gone: a process that stood still for 5 s lost all its connections. Answers watch their own links more closely.
  connectionMonitor: { pingInterval: MONITOR_EVERY_MS, pingTimeout: { minTimeout: MONITOR_TIMEOUT_MS } },
  connectionManager: { inboundConnectionThreshold: 200, maxIncomingPendingConnections: 100, maxConnections: 1000 },
  transportManager: { faultTolerance: FaultTolerance.NO_FATAL }
})

export const baseServices = (): Services => ({
  identify: identify(),
  identifyPush: identifyPush(),
  ping: ping({ maxInboundStreams: 32, maxOutboundStreams: 32 })
})
