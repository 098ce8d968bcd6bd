import { multiaddr } from '@multiformats/multiaddr'
import { BadAddressError } from './errors.ts'

/** @throws {BadAddressError} */
export function checkedAddress (address: string): string {
  try {
    multiaddr(address)
    return address
  } catch (error) {
    throw new BadAddressError(`${JSON.stringify(address)} is no address: give a multiaddr such as /ip4/203.0.113.7/tcp/4484, a /dnsaddr/… or an invite`, { cause: error })
  }
}

/** The IPv4 /24s and IPv6 /48s of some multiaddrs. */
export function networksOf (addresses: readonly string[]): Set<string> {
  return new Set(addresses.flatMap((address) => {
    const [, v4] = /^\/ip4\/(\d+\.\d+\.\d+)\.\d+\//.exec(address) ?? []
    const [, v6] = /^\/ip6\/([0-9a-f]+:[0-9a-f]*:[0-9a-f]*)/i.exec(address) ?? []
    return [v4, v6].filter((network) => network !== undefined)
  }))
}
