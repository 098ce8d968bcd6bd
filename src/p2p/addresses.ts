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
