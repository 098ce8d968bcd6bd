/** What a line of a given length holds: everything comes out in order, each piece `delayMs` after it went in, however much is under way. Pure. */
export interface DelayQueue<T> {
  readonly length: number
  push (item: T, now: number): void
  /** Takes out what is due. */
  due (now: number): T[]
  /** When the next is due; undefined where nothing is under way. */
  next (): number | undefined
}

/** @param delayMs asked at every `push`: where the line gets shorter, a later piece still waits for those before it */
export function delayQueue<T> (delayMs: () => number): DelayQueue<T> {
  const underWay: Array<{ readonly item: T, readonly at: number }> = []
  return {
    get length () { return underWay.length },
    push: (item, now) => { underWay.push({ item, at: now + delayMs() }) },
    due: (now) => {
      const count = underWay.findIndex(({ at }) => at > now)
      return underWay.splice(0, count < 0 ? underWay.length : count).map(({ item }) => item)
    },
    next: () => underWay[0]?.at
  }
}
