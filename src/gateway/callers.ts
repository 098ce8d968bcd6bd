/** Where a request comes from: the other end of its connection, or whom a trusted proxy names. */
import { BlockList, isIP } from 'node:net'

export interface Caller {
  readonly address: string
  /** Nobody on the way reads along: TLS ends here, or at a trusted proxy. */
  readonly secure: boolean
}

/** What a connection and its request's headers say. */
export interface Connected {
  /** Of the connection's other end. */
  readonly address: string
  readonly encrypted: boolean
  readonly forwardedFor?: string | undefined
  readonly forwardedProto?: string | undefined
}

export interface Callers {
  isProxy (address: string): boolean
  /** Forwarding headers count from a trusted proxy only. */
  of (connected: Connected): Caller
}

const MAX_HOPS = 32

/** `::ffff:1.2.3.4` is 1.2.3.4 on a socket that takes both kinds. */
const plain = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.replace(/%.*$/, '')

/** `1.2.3.4`, `1.2.3.4:567`, `[::1]:567`, `"[::1]"`; undefined: none of them. */
function addressOf (text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1')
  const address = plain(/^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(bare)?.[1] ?? bare)
  return isIP(address) === 0 ? undefined : address
}

/** @param trusted addresses of proxies, and networks as `ADDRESS/BITS` */
export function callers (trusted: readonly string[] = []): Callers {
  const proxies = new BlockList()
  for (const each of trusted) {
    const [address = '', bits] = each.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    proxies.addSubnet(address, bits == null ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  const isProxy = (address: string): boolean => {
    const bare = plain(address)
    const kind = isIP(bare)
    return trusted.length > 0 && kind !== 0 && proxies.check(bare, kind === 6 ? 'ipv6' : 'ipv4')
  }

  return {
    isProxy,
    of ({ address, encrypted, forwardedFor, forwardedProto }) {
      const end = plain(address)
      if (!isProxy(end)) return { address: end, secure: encrypted }
      // Each proxy adds whom it heard from at the end: the first from there that is no proxy of ours is the one who asks.
      let caller = end
      for (const hop of (forwardedFor ?? '').split(',').slice(-MAX_HOPS).reverse()) {
        const named = addressOf(hop)
        if (named == null) break
        caller = named
        if (!isProxy(named)) break
      }
      return { address: caller, secure: forwardedProto == null ? encrypted : forwardedProto.split(',').at(-1)?.trim().toLowerCase() === 'https' }
    }
  }
}
