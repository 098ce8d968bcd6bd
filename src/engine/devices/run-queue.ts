import type { RunQueue } from '../ort/index.ts'

/** First come, first served, one at a time. A task whose signal aborts while it waits is never started. */
export function runQueue (): RunQueue {
  let last: Promise<unknown> = Promise.resolve()

  return {
    async run (task, { signal } = {}) {
      signal?.throwIfAborted()
      const before = last
      const turn = Promise.withResolvers<undefined>()
      // Whoever comes later waits for those before this task too, also when this one gives up its place.
      last = Promise.all([before, turn.promise])
      try {
        await abortable(before, signal ?? undefined)
        return await task()
      } finally {
        turn.resolve(undefined)
      }
    }
  }
}

async function abortable (promise: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    await promise
    return
  }
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => { aborted.reject(signal.reason as Error) } // `as`: what a caller aborts with is thrown as it is
  signal.addEventListener('abort', abort)
  try {
    await Promise.race([promise, aborted.promise])
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
