import { homes } from './homes.ts'

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

/** @param now ms of a steady clock */
export function guesses (init: GuessesInit = {}, now: () => number = () => performance.now()): Guesses {
  const { free = 5, firstMs = 1000, longestMs = 300_000, maxAddresses = 10_000 } = init
  const known = homes<Record>(maxAddresses)

  return {
    heldMs: (address) => Math.max(0, (known.of(address)?.heldUntil ?? 0) - now()),
    wrong (address) {
      const before = known.of(address)
      // it behaved for so long that it begins anew
      const count = before != null && now() - before.heldUntil < 2 * longestMs ? before.wrong : 0
      const wrong = count + 1
      const held = wrong <= free ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(30, wrong - free - 1))
      known.tell(address, { wrong, heldUntil: now() + held })
    }
  }
}
