import type { AbortOptions } from '@libp2p/interface'

/** Lets several callers wait until nothing is at work. */
export interface Idle {
  /** Resolves when `busy()` is false. @throws the signal's reason when it aborts first */
  wait (options?: AbortOptions): Promise<void>
  /** To be called whenever something has ended. */
  changed (): void
}

export function idle (busy: () => boolean): Idle {
  const waiting: Array<() => void> = []

  return {
    async wait ({ signal } = {}) {
      if (!busy()) return
      signal?.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => { reject(signal?.reason as Error) } // `as`: what a caller aborts with is thrown as it is
        waiting.push(() => {
          signal?.removeEventListener('abort', abort)
          resolve()
        })
        signal?.addEventListener('abort', abort)
      })
    },

    changed () {
      if (!busy()) waiting.splice(0).forEach((resolve) => { resolve() })
    }
  }
}
