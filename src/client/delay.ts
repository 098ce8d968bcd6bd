/** @throws the signal's reason */
export async function delay (ms: number, signal?: AbortSignal | null): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => { resolve(undefined) }, ms)
  const cancel = (): void => { reject(signal?.reason as Error) } // what a caller aborts with is thrown as it is
  signal?.addEventListener('abort', cancel, { once: true })
  await promise.finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  })
}
