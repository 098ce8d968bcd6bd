import { checkedAddress } from './addresses.ts'
import { bulkConnections } from './bulk-connections.ts'
import { hostOver } from './host.ts'
import { ephemeralIdentity, loadIdentity } from './identity.ts'
import { shoalLibp2p, type Dns } from './libp2p.ts'
import { listenAddresses } from './listen-addresses.ts'
import { peerGate, type PeerAccess } from './peer-access.ts'
import type { Services } from './libp2p-base.ts'
import type { Host, PeerQuotas } from './types.ts'
import type { ConnectionGater } from '@libp2p/interface'

export interface HostInit {
  /** File of the persistent key, beside which WebRTC's certificate is kept; absent: both for this run alone, as a thin client has. */
  readonly keyFile?: string
  /** `[]` for a host that only dials. @default Shoal's ports, or others where those are taken */
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
  /** Bytes of the swarm key's file. */
  readonly psk?: Uint8Array
  /** mDNS on the local network. @default false */
  readonly lan?: boolean
  /** Relay for others who can't be reached. @default false */
  readonly relayServer?: boolean
  /** Further libp2p services: the swarm room's. */
  readonly services?: Services
  /** @default the system's resolver */
  readonly dns?: Dns
  /** @default everybody may connect */
  readonly access?: PeerAccess
  /** @default libp2p's gate for `access` */
  readonly gate?: ConnectionGater
  /** What one peer may take up. @default what each protocol's own bounds leave */
  readonly quotas?: PeerQuotas
}

/** The libp2p host of this process, not started. @throws {BadAddressError} @throws {PortInUseError} */
export async function createHost (init: HostInit = {}): Promise<Host> {
  const privateKey = init.keyFile == null ? await ephemeralIdentity() : await loadIdentity(init.keyFile)
  const libp2p = await shoalLibp2p({
    privateKey,
    listen: init.listen?.length === 0 ? [] : await listenAddresses(init.listen),
    announce: init.announce?.map(checkedAddress),
    psk: init.psk,
    lan: init.lan ?? false,
    relayServer: init.relayServer ?? false,
    services: init.services ?? {},
    certificateFile: init.keyFile == null ? undefined : `${init.keyFile}-webrtc.pem`,
    dns: init.dns,
    gate: init.gate ?? peerGate(init.access ?? {})
  })
  return hostOver(libp2p, { privateKey, isPrivate: init.psk != null, bulk: bulkConnections(libp2p), access: init.access, quotas: init.quotas })
}
