import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { checkedAddress } from './addresses.ts'
import { bulkConnections } from './bulk-connections.ts'
import { BadAddressError, DialError } from './errors.ts'
import { ephemeralIdentity, loadIdentity } from './identity.ts'
import { acceptor, MAX_INBOUND_LINKS, MAX_INBOUND_LINKS_PER_PEER, quotas } from './inbound-links.ts'
import { decodeInvite, isInvite } from './invite.ts'
import { shoalLibp2p, type Dns, type Services, type ShoalLibp2p } from './libp2p.ts'
import { memoryLinkPair } from './link/memory-link.ts'
import { streamLink } from './link/stream-link.ts'
import { listenAddresses } from './listen-addresses.ts'
import { peerCheck, peerGate, type PeerAccess } from './peer-access.ts'
import type { Host, Link, PeerQuotas } from './types.ts'
import type { ConnectionGater, PrivateKey } from '@libp2p/interface'

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

const DIAL_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 3000
const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/
const PRIVATE = /^\/(ip4\/(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|ip6\/f[cde])/
const MAX_DIRECT_ADDRESSES = 12
const MAX_RELAYED_ADDRESSES = 2

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
  return hostOver(libp2p, privateKey, init)
}

/** The addresses worth telling: records and invites are small, and every address of a relay comes once more for each who uses it. */
function told (addresses: readonly string[]): string[] {
  const isRelayed = (address: string): boolean => address.includes('/p2p-circuit')
  const distance = (address: string): number => LOOPBACK.test(address) ? 2 : PRIVATE.test(address) ? 1 : 0
  const publicFirst = (of: readonly string[]): string[] => [...of].sort((a, b) => distance(a) - distance(b))
  const direct = addresses.filter((address) => !isRelayed(address))
  const kept = new Set(publicFirst(direct).slice(0, MAX_DIRECT_ADDRESSES))
  const relayed = publicFirst(addresses.filter((address) => isRelayed(address)).sort((a, b) => a.length - b.length))
  return [...direct.filter((address) => kept.has(address)), ...relayed.slice(0, MAX_RELAYED_ADDRESSES)]
}

/** What there is to dial in an address or an invite. @throws {BadAddressError} */
export const targetsOf = (address: string): readonly string[] => isInvite(address) ? decodeInvite(address).addresses : [checkedAddress(address)]

interface Handler {
  accept (link: Link): void
}

function hostOver (libp2p: ShoalLibp2p, privateKey: PrivateKey, { psk, access = {}, quotas: { prefer = [], ...perPeer } = {} }: HostInit): Host {
  const peerId = libp2p.peerId.toString()
  const isPrivate = psk != null
  const preferred = new Set([peerId, ...prefer])
  const all = quotas(perPeer, (peer) => preferred.has(peer))
  const handlers = new Map<string, Handler>()
  const bulk = bulkConnections(libp2p)

  const host: Host = {
    peerId,
    libp2p,
    privateKey,
    mayConnect: peerCheck(access) ?? (() => true),
    addresses: () => told(libp2p.getMultiaddrs().map((address) => address.toString())),
    onAddresses: (listener) => {
      libp2p.addEventListener('self:peer:update', listener)
      return () => { libp2p.removeEventListener('self:peer:update', listener) }
    },
    open: async (peer, protocol, options = {}) => {
      options.signal?.throwIfAborted()
      if (peer === peerId) {
        return openInProcess(protocol, options.maxFrameBytes)
      }
      try {
        const signal = withDeadline(options.signal)
        const known = options.addresses ?? []
        const id = peerIdFromString(peer)
        const addresses = known.map((address) => withPeer(address, peer))
        if (addresses.length > 0 && libp2p.getConnections(id).length === 0) {
          await libp2p.dial(addresses, { signal })
        }
        const streams = { signal, runOnLimitedConnection: true, maxOutboundStreams: MAX_INBOUND_LINKS }
        const stream = options.bulk === true
          ? await (await bulk.to(id, addresses, signal)).newStream(protocol, streams)
          : await libp2p.dialProtocol(id, protocol, streams)
        return streamLink(stream, { peer, protocol, maxFrameBytes: options.maxFrameBytes })
      } catch (error) {
        throw dialError(`peer ${peer}`, error, isPrivate, options.signal)
      }
    },
    handle: async (protocol, handler, handleInit = {}) => {
      const accept = acceptor(handler, handleInit, all)
      handlers.set(protocol, { accept })
      await libp2p.handle(protocol, (stream, connection) => {
        accept(streamLink(stream, { peer: connection.remotePeer.toString(), protocol, maxFrameBytes: handleInit.maxFrameBytes }))
      }, {
        maxInboundStreams: handleInit.maxInboundLinksPerPeer ?? MAX_INBOUND_LINKS_PER_PEER,
        maxOutboundStreams: MAX_INBOUND_LINKS,
        runOnLimitedConnection: true
      })
    },
    unhandle: async (protocol) => {
      handlers.delete(protocol)
      await libp2p.unhandle(protocol)
    },
    join: async (address, options = {}) => {
      const targets = targetsOf(address)
      try {
        const connection = await libp2p.dial(targets.map((target) => multiaddr(target)), { signal: withDeadline(options.signal) })
        return connection.remotePeer.toString()
      } catch (error) {
        throw dialError(targets[0] ?? address, error, isPrivate, options.signal)
      }
    },
    ping: async (peer, options = {}) => await libp2p.services.ping.ping(peerIdFromString(peer), { signal: withDeadline(options.signal) }),
    sign: async (bytes) => await privateKey.sign(bytes),
    verify: async (peer, bytes, signature) => {
      const { publicKey } = peerIdFromString(peer)
      return publicKey != null && await publicKey.verify(bytes, signature)
    },
    start: async () => { await libp2p.start() },
    stop: async () => {
      // Closing is polite to peers that may be gone: it is not waited for without end.
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const timer = setTimeout(() => { resolve(undefined) }, STOP_TIMEOUT_MS)
      await Promise.race([libp2p.stop(), promise])
      clearTimeout(timer)
    }
  }
  return host

  /** libp2p can't dial itself: a link to the own peer id stays in the process. */
  function openInProcess (protocol: string, maxFrameBytes?: number): Link {
    const handler = handlers.get(protocol)
    if (handler == null) {
      throw new DialError(`this node does not speak ${protocol}`)
    }
    const [own, served] = memoryLinkPair({ protocol, peers: [peerId, peerId], ...(maxFrameBytes == null ? {} : { maxFrameBytes }) })
    handler.accept(served)
    return own
  }
}

function withPeer (address: string, peer: string): ReturnType<typeof multiaddr> {
  const checked = checkedAddress(address)
  return multiaddr(checked.includes('/p2p/') ? checked : `${checked}/p2p/${peer}`)
}

function withDeadline (signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(DIAL_TIMEOUT_MS)
  return signal == null ? deadline : AbortSignal.any([signal, deadline])
}

/** What a person can do about a dial that failed. */
function dialError (target: string, error: unknown, isPrivate: boolean, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) {
    return signal.reason
  }
  if (error instanceof BadAddressError || error instanceof DialError) {
    return error
  }
  const causes = (one: unknown): string[] => one instanceof AggregateError ? one.errors.flatMap(causes) : one instanceof Error ? [`${one.name}: ${one.message}`, ...causes(one.cause)] : []
  const text = causes(error).join('; ')
  if (/EncryptionFailed|ECONNRESET|UnexpectedEOF|InvalidCrypto|PreSharedKey/i.test(text)) {
    return new DialError(`${target} broke off the handshake: ${isPrivate ? 'its pre-shared key is another one, or it has none' : 'it may be in a private swarm (--psk)'}`, { cause: error })
  }
  if (/DialDenied|ConnectionIntercepted|ConnectionDenied/i.test(text)) {
    return new DialError(`this node may not connect to ${target}: it is on --deny, or not on --allow`, { cause: error })
  }
  if (/ECONNREFUSED/.test(text)) {
    return new DialError(`nobody listens at ${target}; is the node running?`, { cause: error })
  }
  if (/Timeout|aborted/i.test(text)) {
    return new DialError(`${target} does not answer; check the address and the firewall`, { cause: error })
  }
  return new DialError(`can't reach ${target}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}
