import { autoNAT, type AutoNATComponents } from '@libp2p/autonat'
import type { Connection, PeerId, Startable } from '@libp2p/interface'

const AUTONAT_PROTOCOL = '/libp2p/autonat/1.0.0'
/** That a router opened a port is told to nobody: it is looked for. */
const LOOK_EVERY_MS = 5_000
const ASK_EVERY_LOOKS = 12

type Components = Pick<AutoNATComponents, 'addressManager' | 'connectionManager' | 'events' | 'registrar'>
type OwnAddress = ReturnType<Components['addressManager']['getAddressesWithMetadata']>[number]

/** AutoNAT's service, as far as it is used here: its factory's type tells nothing of it. */
interface AutoNat extends Startable {
  /** Has the peer at the other end dial one of this node's addresses that need it. */
  verifyExternalAddresses (connection: Connection): Promise<void>
}

interface AddressCheckServices {
  autoNAT (components: AutoNATComponents): unknown
  addressCheck (components: Components): Startable
}

/**
 * Which public addresses this node tells. libp2p alone tells one only after a peer elsewhere has dialled it, and asks a peer
 * for that once, when it connects: the first node of a swarm could never be joined, nor one whose router opened a port later.
 * So an address that should work counts until AutoNAT finds that it does not, and peers that are here already are asked too.
 */
export function addressCheck (): AddressCheckServices {
  let checker: AutoNat | undefined
  const makeAutoNat = autoNAT()
  return {
    autoNAT: (components: AutoNATComponents) => checker = makeAutoNat(dialsAnew(components)) as AutoNat,
    addressCheck: (components: Components) => addressWatch(components, async (connection) => { await checker?.verifyExternalAddresses(connection) })
  }
}

/**
 * AutoNAT dials the one who asked as if it were not connected: it would be given the connection on which it was asked, find
 * that this is not the address to be tried, and close it.
 */
function dialsAnew (components: AutoNATComponents): AutoNATComponents {
  const openConnection: AutoNATComponents['connectionManager']['openConnection'] = async (target, options) =>
    // a list is a random peer's that it wants to know
    await components.connectionManager.openConnection(target, Array.isArray(target) ? options : { ...options, force: true })
  // heirs, not copies: components that are not made yet are looked up when they are used
  return Object.create(components, {
    connectionManager: { get: () => Object.create(components.connectionManager, { openConnection: { value: openConnection } }) as unknown }
  }) as AutoNATComponents
}

function addressWatch ({ addressManager, connectionManager, events, registrar }: Components, check: AutoNat['verifyExternalAddresses']): Startable {
  const peers = new Map<string, PeerId>()
  let topology: string | undefined
  let timer: NodeJS.Timeout | undefined

  /** An interface's own, or one that the router opened. Home routers keep strangers out of IPv6, so an interface's own says nothing there. */
  const shouldWork = ({ type, multiaddr }: OwnAddress): boolean => type === 'ip-mapping' || (type === 'transport' && multiaddr.toString().startsWith('/ip4/'))

  /** Whether there was any new one. */
  const believe = (): boolean => {
    const untried = addressManager.getAddressesWithMetadata().filter((address) => !address.verified && address.lastVerified == null && shouldWork(address))
    // no time to live: AutoNAT is to check it as soon as there is somebody to ask
    untried.forEach(({ multiaddr, type }) => { addressManager.confirmObservedAddr(multiaddr, { type, ttl: 0 }) })
    return untried.length > 0
  }

  const ask = (): void => {
    for (const peer of peers.values()) {
      const direct = connectionManager.getConnections(peer).find((connection) => connection.direct)
      if (direct != null) check(direct).catch(() => { /* it left: others are asked */ })
    }
  }

  return {
    start: async () => {
      events.addEventListener('transport:listening', believe)
      let looks = 0
      timer = setInterval(() => { if (believe() || ++looks % ASK_EVERY_LOOKS === 0) ask() }, LOOK_EVERY_MS)
      topology = await registrar.register(AUTONAT_PROTOCOL, {
        onConnect: (peer) => { peers.set(peer.toString(), peer) },
        onDisconnect: (peer) => { peers.delete(peer.toString()) }
      })
    },
    stop: () => {
      events.removeEventListener('transport:listening', believe)
      clearInterval(timer)
      if (topology != null) registrar.unregister(topology)
    }
  }
}
