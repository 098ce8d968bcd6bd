/** Time as those see it who wait for others, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds from any fixed start, never going back. */
  now (): number
  /** Calls back once after `ms`; returns the way to stop that. */
  after (ms: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after (ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => { clearTimeout(timer) }
  }
}
