/**
 * Whoever is refused again and again gets the next refusal later: a client that is mistaken now and then sees nothing of it, one that
 * asks nonsense as fast as it is told so takes little of the node's time from others.
 */
import { bucket, type Bucket } from './bucket.ts'
import { homes } from './homes.ts'

export interface Refusals {
  /** Call before the answer goes out. @returns undefined: now; else when it may */
  refused (address: string): Promise<void> | undefined
}

export interface RefusalsInit {
  /** Of one home, that go out at once; as many may come together. @default 60 */
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
  const known = homes<Bucket>(maxHomes)
  let held = 0

  return {
    refused (address) {
      const left = known.of(address) ?? bucket(perMinute, now)
      known.tell(address, left)
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
