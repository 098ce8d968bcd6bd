/** Several answers of one request, side by side. */

/** Runs `count` jobs, at most `atOnce` at a time. The first failure aborts the others and is thrown. */
export async function gather<T> (count: number, atOnce: number, run: (index: number, signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T[]> {
  const failed = new AbortController()
  const both = AbortSignal.any([signal, failed.signal])
  const results: T[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      both.throwIfAborted()
      const index = next++
      results[index] = await run(index, both)
    }
  }
  let failure: unknown
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, async () => {
    await worker().catch((error: unknown) => {
      if (!failed.signal.aborted) {
        failure = error
        failed.abort(error)
      }
    })
  }))
  if (failed.signal.aborted) throw failure
  return results
}

interface Pulled<T> {
  readonly source: AsyncIterator<T>
  readonly next: IteratorResult<T>
}

/**
 * What `count` sources say as they say it, at most `atOnce` of them at a time; each is read on only when its last item was taken.
 * Ending early, and the first failure, abort and end all.
 */
export async function * merge<T> (count: number, atOnce: number, sourceOf: (index: number, signal: AbortSignal) => AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  if (count === 1) {
    yield * sourceOf(0, signal)
    return
  }
  const over = new AbortController()
  const both = AbortSignal.any([signal, over.signal])
  const open = new Set<AsyncIterator<T>>()
  const pulls = new Map<AsyncIterator<T>, Promise<Pulled<T>>>()
  const pull = (source: AsyncIterator<T>): void => { pulls.set(source, source.next().then((next) => ({ source, next }))) }
  let begun = 0
  const begin = (): void => {
    if (begun >= count) return
    const source = sourceOf(begun++, both)[Symbol.asyncIterator]()
    open.add(source)
    pull(source)
  }
  while (begun < Math.min(atOnce, count)) begin()
  try {
    while (pulls.size > 0) {
      const { source, next } = await Promise.race(pulls.values())
      // to the end of the line: a quick source does not silence the others
      pulls.delete(source)
      if (next.done === true) {
        open.delete(source)
        begin()
        continue
      }
      yield next.value
      pull(source)
    }
  } finally {
    over.abort()
    for (const pulled of pulls.values()) pulled.catch(() => { /* the first failure is told */ })
    await Promise.allSettled([...open].map(async (source) => { await source.return?.() }))
  }
}
