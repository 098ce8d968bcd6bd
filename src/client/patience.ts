/** Waits for somebody to be heard, in time that this process could listen. */
export interface Patience {
  /** Somebody was heard: the wait begins anew. */
  heard (): void
  /** Nobody is waited for until somebody is heard. */
  pause (): void
  stop (): void
}

const TICKS = 5

/**
 * Ticks are counted, not time: a tick that comes late, after this process stood still or had too much to do, counts as one. By the clock,
 * a busy process took everybody for silent whose words it had not come to read.
 * @param onSilent after `ms` without a word, and again after each further `ms`
 */
export function patience (ms: number, onSilent: () => void): Patience {
  let left = 0
  const heard = (): void => { left = TICKS + 1 } // the first one may come at once
  heard()
  const timer = setInterval(() => {
    if (--left !== 0) return
    left = TICKS
    // what has come meanwhile is read first
    setTimeout(() => { if (left === TICKS) onSilent() }, 0)
  }, ms / TICKS)
  return {
    heard,
    pause () { left = Infinity },
    stop () { clearInterval(timer) }
  }
}
