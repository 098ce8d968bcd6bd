import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { checkedAddress } from './addresses.ts'
import { BadAddressError, DialError } from './errors.ts'
import { acceptor, MAX_INBOUND_LINKS, MAX_INBOUND_LINKS_PER_PEER, quotas } from './inbound-links.ts'
import { targetsOf } from './invite.ts'
import { memoryLinkPair } from './link/memory-link.ts'
import { streamLink } from './link/stream-link.ts'
import { peerCheck, type PeerAccess } from './peer-access.ts'
import type { BulkConnections } from './bulk-connections.ts'
import type { ShoalLibp2p } from './libp2p-base.ts'
import type { Host, Link, PeerQuotas, Traffic } from './types.ts'
import type { PrivateKey } from '@libp2p/interface'

const DIAL_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 3000
const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/
const PRIVATE = /^\/(ip4\/(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|ip6\/f[cde])/
const MAX_DIRECT_ADDRESSES = 12
const MAX_RELAYED_ADDRESSES = 2

export interface HostOverInit {
  readonly privateKey: PrivateKey
  /** In a private swarm: what a failed dial may mean. */
  readonly isPrivate: boolean
  /** @default the ordinary connection carries what is large too */
  readonly bulk?: BulkConnections
  /** @default everybody may connect */
  readonly access?: PeerAccess | undefined
  /** What one peer may take up. @default what each protocol's own bounds leave */
  readonly quotas?: PeerQuotas | undefined
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

interface Handler {
  accept (link: Link): void
}

/** The host on top of a libp2p node of any platform; it starts and stops that node. */
export function hostOver (libp2p: ShoalLibp2p, { privateKey, isPrivate, bulk, access = {}, quotas: { prefer = [], ...perPeer } = {} }: HostOverInit): Host {
  const peerId = libp2p.peerId.toString()
  const preferred = new Set([peerId, ...prefer])
  const all = quotas(perPeer, (peer) => preferred.has(peer))
  const handlers = new Map<string, Handler>()
  const traffic = new Map<string, Traffic>()
  const trafficOf = (protocol: string): Traffic => {
    const known = traffic.get(protocol) ?? { sentBytes: 0, receivedBytes: 0 }
    traffic.set(protocol, known)
    return known
  }

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
    traffic,
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
        const stream = options.bulk === true && bulk !== undefined
          ? await (await bulk.to(id, addresses, signal)).newStream(protocol, streams)
          : await libp2p.dialProtocol(id, protocol, streams)
        return streamLink(stream, { peer, protocol, maxFrameBytes: options.maxFrameBytes, traffic: trafficOf(protocol) })
      } catch (error) {
        throw dialError(`peer ${peer}`, error, isPrivate, options.signal)
      }
    },
    handle: async (protocol, handler, handleInit = {}) => {
      const accept = acceptor(handler, handleInit, all)
      handlers.set(protocol, { accept })
      await libp2p.handle(protocol, (stream, connection) => {
        accept(streamLink(stream, { peer: connection.remotePeer.toString(), protocol, maxFrameBytes: handleInit.maxFrameBytes, traffic: trafficOf(protocol) }))
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
