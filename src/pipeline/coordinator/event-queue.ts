/** Values pushed by callbacks, read in order by one `for await`. Whoever pushes keeps it bounded. */
export interface EventQueue<T> extends AsyncIterable<T> {
  push (value: T): void
  /** Ends after what was pushed; with an error, by throwing it. */
  end (error?: Error): void
}

export function eventQueue<T> (): EventQueue<T> {
  const values: T[] = []
  let ended: { readonly error: Error | undefined } | undefined
  let wake: (() => void) | undefined

  return {
    push (value) {
      if (ended !== undefined) return
      values.push(value)
      wake?.()
    },

    end (error) {
      ended ??= { error }
      wake?.()
    },

    async * [Symbol.asyncIterator] () {
      for (;;) {
        for (let value = values.shift(); value !== undefined; value = values.shift()) yield value
        if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error
          return
        }
        await new Promise<void>((resolve) => { wake = resolve })
      }
    }
  }
}
