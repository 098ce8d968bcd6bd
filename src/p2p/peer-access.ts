import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'

/** Who may connect. */
export interface PeerAccess {
  /** These alone, and programs of this machine. @default all */
  readonly allow?: readonly string[] | undefined
  /** Not these, wherever they come from. @default none */
  readonly deny?: readonly string[] | undefined
}

/** Whether a peer's connection is one of this machine's own programs: the commands have another peer id each time. */
type IsLocal = (connection: Pick<MultiaddrConnection, 'remoteAddr'>) => boolean

const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/
const onLoopback: IsLocal = ({ remoteAddr }) => LOOPBACK.test(remoteAddr.toString()) && !remoteAddr.toString().includes('/p2p-circuit')

/** Whether a peer may be at the other end at all; undefined where everybody may. */
export function peerCheck ({ allow, deny = [] }: PeerAccess): ((peer: string) => boolean) | undefined {
  if (allow == null && deny.length === 0) return undefined
  const [allowed, denied] = [new Set(allow), new Set(deny)]
  return (peer) => !denied.has(peer) && (allow == null || allowed.has(peer))
}

/**
 * libp2p's gate. It is asked when the other side has proven who it is, and before a dial. A relay passes traffic on for those alone who
 * may connect here.
 */
export function peerGate (access: PeerAccess, isLocal: IsLocal = onLoopback): ConnectionGater {
  const mayCome = peerCheck(access)
  if (mayCome === undefined) return {}
  const denied = new Set(access.deny)
  const refuses = (peer: PeerId): boolean => !mayCome(peer.toString())
  return {
    denyDialPeer: refuses,
    denyOutboundEncryptedConnection: refuses,
    denyInboundEncryptedConnection: (peer, connection) => refuses(peer) && (denied.has(peer.toString()) || !isLocal(connection)),
    denyInboundRelayReservation: refuses,
    denyOutboundRelayedConnection: (source, destination) => refuses(source) || refuses(destination),
    denyInboundRelayedConnection: (_relay, remote) => refuses(remote)
  }
}
