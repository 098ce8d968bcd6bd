/**
 * Keeps a visitor in the swarm for as long as it stays. What gossip brings may pass it by, and a record that is not renewed expires; and
 * those that it is connected to may all be gone, while others, or they themselves, are to be found elsewhere by now.
 */
import { REPEATED_MS } from '../swarm/index.ts'
import { invitesOf, redial } from './redial.ts'
import type { Host } from '../p2p/portable.ts'
import type { Swarm } from '../swarm/index.ts'

export interface StayComponents {
  readonly host: Pick<Host, 'join'>
  readonly swarm: Pick<Swarm, 'nodes' | 'refresh'>
  /** Open connections. */
  connections (): number
  /** Ms of a steady clock. @default performance.now */
  now? (): number
}

export interface StayInit {
  /** Addresses or invites. */
  readonly bootstrap: readonly string[]
  /** Between two looks. @default 2,000 */
  readonly everyMs?: number
  /** Records are read anew from the DHT so often: twice in the life of one. @default 60,000 */
  readonly refreshMs?: number
}

export interface Stay {
  /** Looks now, and does what there is to do. One look at a time: another one meanwhile does nothing. */
  look (): Promise<void>
  stop (): void
}

const EVERY_MS = 2_000
const REFRESH_MS = 60_000
const DIAL_MS = 5_000
const MAX_WAIT_MS = 30_000

export function stay ({ host, swarm, connections, now = () => performance.now() }: StayComponents, { bootstrap, everyMs = EVERY_MS, refreshMs = REFRESH_MS }: StayInit): Stay {
  const ending = new AbortController()
  const others = redial({ join: host.join, now, random: Math.random }, { join: bootstrap, dialMs: DIAL_MS, firstWaitMs: everyMs, maxWaitMs: MAX_WAIT_MS })
  let refreshedMs = now()
  let looking: Promise<void> | undefined

  async function lookOnce (): Promise<void> {
    others.remember(invitesOf(swarm.nodes()))
    if (connections() === 0 && others.isDue()) {
      await others.dial(ending.signal)
      refreshedMs = -Infinity
    }
    if (connections() === 0 || now() - refreshedMs < refreshMs) return
    refreshedMs = now()
    await swarm.refresh({ freshMs: REPEATED_MS, signal: ending.signal })
  }

  async function look (): Promise<void> {
    // who is not reached now is tried again
    looking ??= lookOnce().catch(() => undefined).finally(() => { looking = undefined })
    await looking
  }

  const timer = setInterval(() => { void look() }, everyMs)
  return {
    look,
    stop () {
      clearInterval(timer)
      ending.abort()
    }
  }
}
