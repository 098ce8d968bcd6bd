import type { RunQueue } from '../ort/index.ts'

/** First come, first served, one at a time. A task whose signal aborts while it waits is never started. */
export function runQueue (): RunQueue {
  let last: Promise<void> = Promise.resolve()

  return {
    async run (task, { signal } = {}) {
      signal?.throwIfAborted()
      const before = last
      let leave = (): void => { /* set at once, below */ }
      const turn = new Promise<void>((resolve) => { leave = resolve })
      // Whoever comes later waits for those before this task too, also when this one gives up its place. Of all that have
      // left nothing stays: a promise of several results would keep theirs, and these those of the ones before, without end.
      last = before.then(() => turn)
      try {
        await abortable(before, signal ?? undefined)
        return await task()
      } finally {
        leave()
      }
    }
  }
}

async function abortable (promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    await promise
    return
  }
  let abort = (): void => { /* set at once, below */ }
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => { reject(signal.reason as Error) } // `as`: what a caller aborts with is thrown as it is
  })
  signal.addEventListener('abort', abort)
  try {
    await Promise.race([promise, aborted])
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
