import './node20.ts'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { ConnectionGater } from '@libp2p/interface'
import { tcpTransport } from './tcp.ts'
import { baseOptions, baseServices, type BaseInit, type Services, type ShoalLibp2p } from './libp2p-base.ts'

const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/

/** Resolves `/dns…` and `/dnsaddr` addresses. */
export type Dns = NonNullable<Libp2pOptions['dns']>

export interface Libp2pInit extends BaseInit {
  /** Empty for a node that only dials. */
  readonly listen: readonly string[]
  readonly announce?: readonly string[] | undefined
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

/** A libp2p node with Shoal's transports; not started. */
export async function shoalLibp2p (init: Libp2pInit): Promise<ShoalLibp2p> {
  const { listen, announce, psk, lan, relayServer } = init
  const listens = listen.length > 0
  const relayed = listen.some((address) => address.includes('p2p-circuit'))
  // A node that listens on loopback alone (a test, a demo) has no router to talk to.
  const behindRouter = listen.some((address) => !LOOPBACK.test(address) && !address.includes('p2p-circuit'))
  const webRtc = listen.some((address) => address.includes('webrtc')) || !listens
  const options: Libp2pOptions = {
    ...await baseOptions(init),
    connectionGater: { denyDialMultiaddr: () => false, ...init.gate },
    ...(init.dns == null ? {} : { dns: init.dns }),
    addresses: { listen: [...listen], announce: [...announce ?? []] },
    transports: [
      tcpTransport(),
      webSockets(),
      circuitRelayTransport(),
      // UDP is outside a private network's protection, so WebRTC stays out of it
      ...(webRtc && listens && psk == null ? [await (await import('./web-rtc.ts')).webRtcTransport(init.certificateFile)] : [])
    ],
    peerDiscovery: lan ? [(await import('./local-network.ts')).localNetwork()] : [],
    services: {
      ...baseServices(),
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
