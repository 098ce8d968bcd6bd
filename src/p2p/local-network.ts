import { mdns } from '@libp2p/mdns'
import type { Connection, PeerDiscovery, PeerInfo } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Ours alone: nodes of other projects on the same network are none of our business. */
const SERVICE = '_shoal._udp.local'
/** Strangers' announcements must not fill the dial queue; who is not dialled is announced again within seconds. */
const MAX_DIALS = 8
const DIAL_TIMEOUT_MS = 5_000

type MdnsComponents = Parameters<ReturnType<typeof mdns>>[0]

export interface LocalNetworkComponents extends MdnsComponents {
  readonly connectionManager: { openConnection (addresses: Multiaddr[], options: { readonly signal: AbortSignal }): Promise<Connection> }
}

/** Looks for nodes on the local network by mDNS and connects to them: libp2p itself only remembers whom it discovers. */
export function localNetwork (): (components: LocalNetworkComponents) => PeerDiscovery {
  return (components) => {
    const discovery = mdns({ serviceTag: SERVICE })(components)
    const log = components.logger.forComponent('shoal:local-network')
    let dials = 0

    const connect = async ({ id, multiaddrs }: PeerInfo): Promise<void> => {
      dials++
      try {
        // a connection that is there already is the answer
        await components.connectionManager.openConnection(multiaddrs.map((address) => address.encapsulate(`/p2p/${id.toString()}`)), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) })
      } catch (error) {
        // of another private swarm, perhaps, or just leaving
        log('%p was found but not reached: %e', id, error)
      } finally {
        dials--
      }
    }
    discovery.addEventListener('peer', ({ detail }) => { if (dials < MAX_DIALS) void connect(detail) })
    return discovery
  }
}
