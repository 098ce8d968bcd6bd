import type { Clock } from './clock.ts'

/** Things that came before what they are for: kept for a while, a few of each key, a bounded number in all. */
export interface HoldQueue<T> {
  /** False where there is no more room: the thing is not kept. */
  add (key: string, thing: T): boolean
  /** Takes all of a key, in order. */
  take (key: string): T[]
  clear (): void
}

export interface HoldInit<T> {
  readonly ms: number
  readonly perKey: number
  readonly total: number
  /** Called with what nobody took in time. */
  expired? (thing: T): void
}

export function holdQueue<T> (clock: Clock, { ms, perKey, total, expired }: HoldInit<T>): HoldQueue<T> {
  const held = new Map<string, Array<{ thing: T, cancel: () => void }>>()
  let count = 0

  function take (key: string): T[] {
    const entries = held.get(key) ?? []
    held.delete(key)
    count -= entries.length
    return entries.map(({ thing, cancel }) => {
      cancel()
      return thing
    })
  }

  return {
    add (key, thing) {
      const entries = held.get(key) ?? []
      if (count >= total || entries.length >= perKey) return false
      const entry = {
        thing,
        cancel: clock.after(ms, () => {
          entries.splice(entries.indexOf(entry), 1)
          count--
          if (entries.length === 0) held.delete(key)
          expired?.(thing)
        })
      }
      entries.push(entry)
      held.set(key, entries)
      count++
      return true
    },

    take,

    clear () {
      for (const key of [...held.keys()]) for (const thing of take(key)) expired?.(thing)
    }
  }
}
