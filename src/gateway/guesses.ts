import { isIPv6 } from 'node:net'

/** Wrong keys, by the address they come from: after a few of them it is held back, twice as long each time. */
export interface Guesses {
  /** Ms for which no further key of this address is looked at, or none that could be guessed; 0: go on. */
  heldMs (address: string): number
  wrong (address: string): void
}

export interface GuessesInit {
  /** Wrong keys that cost nothing: somebody may have mistyped one. @default 5 */
  readonly free?: number
  /** @default 1,000 */
  readonly firstMs?: number
  /** @default 300,000 */
  readonly longestMs?: number
  /** Addresses that are remembered: the one that was heard of longest ago goes first. @default 10,000 */
  readonly maxAddresses?: number
}

interface Record {
  readonly wrong: number
  readonly heldUntil: number
}

/** One home or server has a whole /64 of IPv6 to guess from. */
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

/** @param now ms of a steady clock */
export function guesses (init: GuessesInit = {}, now: () => number = () => performance.now()): Guesses {
  const { free = 5, firstMs = 1000, longestMs = 300_000, maxAddresses = 10_000 } = init
  const known = new Map<string, Record>()

  return {
    heldMs: (address) => Math.max(0, (known.get(homeOf(address))?.heldUntil ?? 0) - now()),
    wrong (address) {
      const home = homeOf(address)
      const before = known.get(home)
      // it behaved for so long that it begins anew
      const count = before != null && now() - before.heldUntil < 2 * longestMs ? before.wrong : 0
      const wrong = count + 1
      const held = wrong <= free ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(30, wrong - free - 1))
      known.delete(home)
      known.set(home, { wrong, heldUntil: now() + held })
      const [oldest] = known.keys()
      if (known.size > maxAddresses && oldest != null) known.delete(oldest)
    }
  }
}
