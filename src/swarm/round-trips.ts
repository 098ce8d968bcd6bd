/** Weight of the newest measurement. */
const WEIGHT = 0.3
const EVERY_MS = 15_000
const FIRST_MS = 1000
const AT_ONCE = 4
const TIMEOUT_MS = 5000
const MAX_PEERS = 256

/** Round trips to peers, measured again and again with a bounded rate. */
export interface RoundTrips {
  start (peers: () => readonly string[]): void
  stop (): void
  of (peerId: string): number | undefined
}

export function roundTrips (ping: (peerId: string, options: { signal: AbortSignal }) => Promise<number>): RoundTrips {
  const averages = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let ending = new AbortController()

  const measure = async (peerId: string): Promise<void> => {
    try {
      const ms = await ping(peerId, { signal: AbortSignal.any([ending.signal, AbortSignal.timeout(TIMEOUT_MS)]) })
      const known = averages.get(peerId)
      averages.set(peerId, known == null ? ms : known + WEIGHT * (ms - known))
    } catch {
      // who does not answer has no round trip; whether it lives is for its record to say
      averages.delete(peerId)
    }
  }

  const round = async (peers: readonly string[]): Promise<void> => {
    const waiting = peers.slice(0, MAX_PEERS)
    const current = new Set(waiting)
    for (const peerId of averages.keys()) {
      if (!current.has(peerId)) {
        averages.delete(peerId)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let peerId = waiting.shift(); peerId != null && !ending.signal.aborted; peerId = waiting.shift()) {
        await measure(peerId)
      }
    }))
  }

  return {
    of: (peerId) => averages.get(peerId),
    start: (peers) => {
      ending = new AbortController()
      const { signal } = ending
      const next = (delayMs: number): void => {
        timer = setTimeout(() => { void round(peers()).then(() => { if (!signal.aborted) { next(EVERY_MS) } }) }, delayMs)
      }
      next(FIRST_MS)
    },
    stop: () => {
      ending.abort()
      clearTimeout(timer)
    }
  }
}
