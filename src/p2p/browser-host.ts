import { generateKeyPair } from '@libp2p/crypto/keys'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { hostOver } from './host.ts'
import { baseOptions, baseServices, type Services, type ShoalLibp2p } from './libp2p-base.ts'
import type { Host } from './types.ts'

export interface BrowserHostInit {
  /** Bytes of the swarm key's file. */
  readonly psk?: Uint8Array
  /** Further libp2p services: the swarm room's. */
  readonly services?: Services
}

/**
 * The libp2p host of a page, not started: it dials by WebSocket, WebRTC-direct and through relays, listens nowhere, and has a key for
 * this run alone.
 */
export async function createBrowserHost ({ psk, services = {} }: BrowserHostInit = {}): Promise<Host> {
  const privateKey = await generateKeyPair('Ed25519')
  const libp2p = await createLibp2p({
    ...await baseOptions({ privateKey, psk }),
    transports: [
      webSockets(),
      circuitRelayTransport(),
      // its encryption is its own: it stays outside of a private network, as on every node
      ...(psk == null ? [webRTCDirect()] : [])
    ],
    services: { ...baseServices(), ...services }
  }) as unknown as ShoalLibp2p // the services are put together above
  return hostOver(libp2p, { privateKey, isPrivate: psk != null })
}
