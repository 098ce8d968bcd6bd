import type { Host } from './types.ts'

/** What carries a connection. */
export type Way = 'tcp' | 'websocket' | 'webrtc-direct' | 'webrtc' | 'relay' | 'other'

/** A connection to a peer, as a person wants to know of it. */
export interface PeerConnection {
  readonly peerId: string
  readonly way: Way
  /** Multiaddr of the other end. */
  readonly address: string
}

/** What carries a connection to this multiaddr; whatever goes through a relay is called so. */
export function wayOf (address: string): Way {
  const parts = address.split('/')
  if (parts.includes('p2p-circuit')) return 'relay'
  if (parts.includes('webrtc-direct')) return 'webrtc-direct'
  if (parts.includes('webrtc')) return 'webrtc'
  if (parts.includes('ws') || parts.includes('wss')) return 'websocket'
  return parts.includes('tcp') ? 'tcp' : 'other'
}

/** Open connections, the oldest first. */
export const connectionsOf = ({ libp2p }: Pick<Host, 'libp2p'>): PeerConnection[] => libp2p.getConnections()
  .filter(({ status }) => status === 'open')
  .map(({ remotePeer, remoteAddr }) => ({ peerId: remotePeer.toString(), way: wayOf(remoteAddr.toString()), address: remoteAddr.toString() }))
