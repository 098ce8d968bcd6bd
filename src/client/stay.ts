/**
 * Keeps a visitor in the swarm for as long as it stays. What gossip brings may pass it by, and a record that is not renewed expires; and
 * those that it is connected to may all be gone, while others, or they themselves, are to be found elsewhere by now.
 */
import { encodeInvite } from '../p2p/portable.ts'
import { REPEATED_MS } from '../swarm/index.ts'
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
const JOIN_MS = 5_000
const MAX_WAIT_MS = 30_000
/** Nodes that are dialled besides those that were joined at first. */
const MAX_REMEMBERED = 16

export function stay ({ host, swarm, connections, now = () => performance.now() }: StayComponents, { bootstrap, everyMs = EVERY_MS, refreshMs = REFRESH_MS }: StayInit): Stay {
  const ending = new AbortController()
  /** Addresses of each node. */
  let remembered: ReadonlyArray<readonly string[]> = []
  let refreshedMs = now()
  let failures = 0
  let joinsMs = -Infinity
  let looking: Promise<void> | undefined

  /** @throws nobody is reached */
  async function joinAgain (): Promise<void> {
    joinsMs = now() + Math.min(MAX_WAIT_MS, everyMs * 2 ** failures++)
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(JOIN_MS)])
    await Promise.any([...bootstrap, ...remembered.map((addresses) => encodeInvite({ addresses }))].map(async (target) => await host.join(target, { signal })))
    failures = 0
    joinsMs = refreshedMs = -Infinity
  }

  async function lookOnce (): Promise<void> {
    const known = swarm.nodes().filter(({ addresses }) => addresses.length > 0).slice(0, MAX_REMEMBERED)
    if (known.length > 0) remembered = known.map(({ addresses }) => addresses)
    if (connections() === 0 && now() >= joinsMs) await joinAgain()
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
