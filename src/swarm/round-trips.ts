import { anySignal } from 'any-signal'

/** Weight of the newest measurement. */
const WEIGHT = 0.3
/** Every peer is measured again after this; how often it is looked who is due. */
const EVERY_MS = 30_000
const LOOK_MS = 500
const AT_ONCE = 4
const TIMEOUT_MS = 5000
const MAX_PEERS = 256

/** Round trips to peers, measured again and again with a bounded rate. */
export interface RoundTrips {
  start (peers: () => readonly string[]): void
  stop (): void
  of (peerId: string): number | undefined
}

export interface RoundTripsInit {
  /** @default 30,000 */
  readonly everyMs?: number
  /** @default 500 */
  readonly lookMs?: number
}

export function roundTrips (ping: (peerId: string, options: { signal: AbortSignal }) => Promise<number>, init: RoundTripsInit = {}): RoundTrips {
  const { everyMs = EVERY_MS, lookMs = LOOK_MS } = init
  const averages = new Map<string, number>()
  /** When a measurement of a peer began last. */
  const begun = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let ending = new AbortController()

  const measure = async (peerId: string): Promise<void> => {
    begun.set(peerId, performance.now())
    // `AbortSignal.any` would leave something of every measurement in `ending`, which lives as long as the node
    const limited = anySignal([ending.signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      const ms = await ping(peerId, { signal: limited })
      const known = averages.get(peerId)
      averages.set(peerId, known == null ? ms : known + WEIGHT * (ms - known))
    } catch {
      // who does not answer has no round trip; whether it lives is for its record to say
      averages.delete(peerId)
    } finally {
      limited.clear()
    }
  }

  const round = async (peers: readonly string[]): Promise<void> => {
    const current = new Set(peers.slice(0, MAX_PEERS))
    for (const peerId of begun.keys()) {
      if (!current.has(peerId)) {
        begun.delete(peerId)
        averages.delete(peerId)
      }
    }
    const due = [...current].filter((peerId) => performance.now() - (begun.get(peerId) ?? -Infinity) >= everyMs)
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let peerId = due.shift(); peerId != null && !ending.signal.aborted; peerId = due.shift()) {
        await measure(peerId)
      }
    }))
  }

  return {
    of: (peerId) => averages.get(peerId),
    start: (peers) => {
      ending = new AbortController()
      const { signal } = ending
      const next = (): void => {
        timer = setTimeout(() => { void round(peers()).then(() => { if (!signal.aborted) { next() } }) }, lookMs)
      }
      next()
    },
    stop: () => {
      ending.abort()
      clearTimeout(timer)
    }
  }
}
