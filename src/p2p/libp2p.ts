import './node20.ts'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify, identifyPush } from '@libp2p/identify'
import { ping, type Ping } from '@libp2p/ping'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { FaultTolerance, type ConnectionGater, type Libp2p, type PrivateKey } from '@libp2p/interface'

/** Fair share of a connection for one stream: small control frames don't wait for a whole activation (measured on a 40 ms link). */
const MAX_STREAM_WINDOW = 1024 * 1024
const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/

/** What the swarm room adds to the host: its DHT and gossip. */
export type Services = NonNullable<Libp2pOptions['services']>
/** Resolves `/dns…` and `/dnsaddr` addresses. */
export type Dns = NonNullable<Libp2pOptions['dns']>

export interface Libp2pInit {
  readonly privateKey: PrivateKey
  /** Empty for a node that only dials. */
  readonly listen: readonly string[]
  readonly announce?: readonly string[] | undefined
  readonly psk?: Uint8Array | undefined
  /** Look for others on the local network, and be found there. */
  readonly lan: boolean
  /** Help others who can't be reached. */
  readonly relayServer: boolean
  readonly services: Services
  /** Of WebRTC-direct. */
  readonly certificateFile?: string | undefined
  readonly dns?: Dns | undefined
  /** Who may connect. */
  readonly gate: ConnectionGater
}

export type ShoalLibp2p = Libp2p<{ ping: Ping }>

/** A libp2p node with Shoal's transports; not started. */
export async function shoalLibp2p (init: Libp2pInit): Promise<ShoalLibp2p> {
  const { listen, announce, psk, lan, relayServer } = init
  const listens = listen.length > 0
  const relayed = listen.some((address) => address.includes('p2p-circuit'))
  // A node that listens on loopback alone (a test, a demo) has no router to talk to.
  const behindRouter = listen.some((address) => !LOOPBACK.test(address) && !address.includes('p2p-circuit'))
  const webRtc = listen.some((address) => address.includes('webrtc')) || !listens
  const options: Libp2pOptions = {
    privateKey: init.privateKey,
    start: false,
    ...(init.dns == null ? {} : { dns: init.dns }),
    addresses: { listen: [...listen], announce: [...announce ?? []] },
    transports: [
      tcp(),
      webSockets(),
      circuitRelayTransport(),
      // UDP is outside a private network's protection, so WebRTC stays out of it
      ...(webRtc && listens && psk == null ? [await (await import('./web-rtc.ts')).webRtcTransport(init.certificateFile)] : [])
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW } })],
    ...(psk == null ? {} : { connectionProtector: preSharedKey({ psk }) }),
    peerDiscovery: lan ? [(await import('./local-network.ts')).localNetwork()] : [],
    connectionGater: { denyDialMultiaddr: () => false, ...init.gate },
    connectionManager: { inboundConnectionThreshold: 200, maxIncomingPendingConnections: 100, maxConnections: 1000 },
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping({ maxInboundStreams: 32, maxOutboundStreams: 32 }),
      ...(relayServer ? { relay: circuitRelayServer({ reservations: { applyDefaultLimit: false, maxReservations: 128 } }) } : {}),
      ...(behindRouter ? await routerServices() : {}),
      ...(behindRouter || relayed ? { dcutr: (await import('./direct-upgrade.ts')).directUpgrade() } : {}),
      ...init.services
    }
  }
  return await createLibp2p(options) as unknown as ShoalLibp2p // the services are put together above
}

/** A port opened in the router, and what peers elsewhere say of this node's public addresses. */
async function routerServices (): Promise<Services> {
  const [{ addressCheck }, { uPnPNAT }] = await Promise.all([import('./address-check.ts'), import('@libp2p/upnp-nat')])
  return { ...addressCheck(), upnp: uPnPNAT() }
}
