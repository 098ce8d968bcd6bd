/** What fills by itself, so much a minute, up to a minute's worth; what is taken beyond that has to be waited for. */
export interface Bucket {
  /** Undefined: there is something; else the ms until there will be. */
  wait (): number | undefined
  /** May take more than there is. */
  take (amount: number): void
  /** Whole units that could be taken now. */
  readonly left: number
}

/** @param now ms of a steady clock */
export function bucket (perMinute: number, now: () => number): Bucket {
  const perMs = perMinute / 60_000
  let level = perMinute
  let at = now()

  const fill = (): void => {
    const time = now()
    level = Math.min(perMinute, level + (time - at) * perMs)
    at = time
  }
  return {
    wait () {
      fill()
      // a fraction is missing where floating-point sums fall short
      return level >= 1 - 1e-9 ? undefined : Math.ceil((1 - level) / perMs)
    },
    take (amount) {
      fill()
      level -= amount
    },
    get left () {
      fill()
      return Math.max(0, Math.floor(level + 1e-9))
    }
  }
}
