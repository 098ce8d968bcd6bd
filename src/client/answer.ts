import type { Answer, Result, Token } from './api.ts'

/** An answer that is asked for when it is first read, and whose end is kept. */
export function answer (tokens: AsyncGenerator<Token, Result>): Answer {
  let end: { readonly result: Result } | { readonly error: unknown } | undefined

  const next = async (): Promise<IteratorResult<Token, undefined>> => {
    try {
      const step = await tokens.next()
      if (step.done !== true) return step
      end ??= { result: step.value }
      return { done: true, value: undefined }
    } catch (error) {
      end ??= { error }
      throw error
    }
  }

  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return () {
        end ??= { error: new DOMException('the answer was left before its end', 'AbortError') }
        // what is computed for it ends too; its value is never read
        await tokens.return(undefined as never)
        return { done: true, value: undefined }
      }
    }),
    async result () {
      while (end === undefined) await next()
      if ('error' in end) throw end.error
      return end.result
    }
  }
}
