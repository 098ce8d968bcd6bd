/** Repeats this node's announcement, and tells changes at once. */
export interface Announcer {
  /** Soon, but not within the gap after the last one; an announcement that takes long gives way to it. */
  soon (): void
  /** A peer that could store the announcement has turned up. */
  neighbour (): void
  /** An announcement under way is given up. */
  stop (): Promise<void>
}

export interface AnnouncerInit {
  readonly repeatMs: number
  onError (error: unknown): void
}

/** Changes are told at most this often. */
const MIN_GAP_MS = 1000
/** A new neighbour may be the first of a burst. */
const NEIGHBOUR_WAIT_MS = 300
/** Announcements to newcomers in a network that has heard it already. */
const NEIGHBOUR_GAP_MS = 10_000
const RETRY_MS = 10_000
/** An announcement under way may hold back a newer one for so long. */
const PATIENCE_MS = 4000
/** As many peers as a DHT stores a value at. */
const ENOUGH_PEERS = 20

/** @param announce resolves with how many peers took it */
export function announcer (announce: (signal: AbortSignal) => Promise<number>, { repeatMs, onError }: AnnouncerInit): Announcer {
  let timer: NodeJS.Timeout | undefined
  let dueMs = Infinity
  let lastMs = -Infinity
  let reached = 0
  let begun = false
  let stopped = false
  /** The one under way is not the newest. */
  let outdated = false
  let current: { readonly cancel: AbortController, readonly done: Promise<void> } | undefined

  /** Never later than what is due already: a repetition must not push a change away. */
  const schedule = (delayMs: number): void => {
    const nowMs = performance.now()
    const atMs = Math.max(nowMs + delayMs, lastMs + MIN_GAP_MS)
    if (!stopped && atMs < dueMs) {
      clearTimeout(timer)
      dueMs = atMs
      timer = setTimeout(run, atMs - nowMs)
    }
  }

  const run = (): void => {
    dueMs = Infinity
    const patienceMs = lastMs + PATIENCE_MS - performance.now()
    if (current != null && patienceMs > 0) {
      outdated = true
      schedule(patienceMs)
      return
    }
    current?.cancel.abort()
    outdated = false
    lastMs = performance.now()
    const cancel = new AbortController()
    current = { cancel, done: once(cancel.signal) }
  }

  const once = async (signal: AbortSignal): Promise<void> => {
    let count = 0
    try {
      count = await announce(signal)
    } catch (error) {
      if (!signal.aborted) {
        onError(error)
      }
    }
    if (!signal.aborted) {
      current = undefined
      reached = count
      // spread, so that nodes that started together do not all speak in one moment
      schedule(outdated ? 0 : count > 0 ? repeatMs * (0.85 + 0.15 * Math.random()) : RETRY_MS)
    }
  }

  return {
    soon: () => {
      begun = true
      schedule(0)
    },
    neighbour: () => {
      if (begun && reached < ENOUGH_PEERS) {
        schedule(reached === 0 ? NEIGHBOUR_WAIT_MS : lastMs + NEIGHBOUR_GAP_MS - performance.now())
      }
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      current?.cancel.abort()
      await current?.done
    }
  }
}
