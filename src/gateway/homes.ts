import { isIPv6 } from 'node:net'

/** What is remembered of each home. */
export interface Homes<T> {
  of (address: string): T | undefined
  /** Of so many homes: the one that was told of longest ago goes first. */
  tell (address: string, what: T): void
}

export function homes<T> (max: number): Homes<T> {
  const known = new Map<string, T>()
  return {
    of: (address) => known.get(homeOf(address)),
    tell (address, what) {
      const home = homeOf(address)
      known.delete(home)
      known.set(home, what)
      const [oldest] = known.keys()
      if (known.size > max && oldest != null) known.delete(oldest)
    }
  }
}

/** What one home or server has of an address: an IPv4 address, or a whole /64 of IPv6. */
function homeOf (address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped != null) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%', 1).join('').split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail == null || tail === '' ? [] : tail.split(':')
  const filled = tail == null ? groups : [...groups, ...Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0'), ...rest]
  return filled.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '').toLowerCase()).join(':')
}
