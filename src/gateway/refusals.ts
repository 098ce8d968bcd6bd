/**
 * Whoever is refused again and again gets the next refusal later: a client that is mistaken now and then sees nothing of it, one that
 * asks nonsense as fast as it is told so takes little of the node's time from others.
 */
import { bucket, type Bucket } from './bucket.ts'
import { homeOf } from './homes.ts'

export interface Refusals {
  /** Call before the answer goes out. @returns undefined: now; else when it may */
  refused (address: string): Promise<void> | undefined
}

export interface RefusalsInit {
  /** Of one home, at once; those that are held back count too. @default 60 */
  readonly perMinute?: number
  /** @default 1,000 */
  readonly holdMs?: number
  /** Answers that are held back at once; beyond that they go out. @default 1,024 */
  readonly maxHeld?: number
  /** Homes that are remembered: the one that was refused longest ago goes first. @default 10,000 */
  readonly maxHomes?: number
}

/** @param now ms of a steady clock */
export function refusals (init: RefusalsInit = {}, now: () => number = () => performance.now()): Refusals {
  const { perMinute = 60, holdMs = 1000, maxHeld = 1024, maxHomes = 10_000 } = init
  const known = new Map<string, Bucket>()
  let held = 0

  return {
    refused (address) {
      const home = homeOf(address)
      const left = known.get(home) ?? bucket(perMinute, now)
      known.delete(home)
      known.set(home, left)
      const [oldest] = known.keys()
      if (known.size > maxHomes && oldest != null) known.delete(oldest)
      if (left.wait() == null) {
        left.take(1)
        return undefined
      }
      if (held >= maxHeld) return undefined
      held++
      return new Promise<void>((resolve) => {
        setTimeout(() => {
          held--
          resolve()
        }, holdMs)
      })
    }
  }
}
