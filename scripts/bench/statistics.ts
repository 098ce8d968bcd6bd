/** Numbers from samples. Pure. */

/** What a row tells of its rounds. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly count: number
}

/** Nearest rank: always one of the values. */
export function quantile (values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? NaN
}

/** The middle value, or the mean of the two in the middle. */
export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper
}

export const summary = (values: readonly number[]): Summary =>
  ({ median: median(values), low: Math.min(...values), high: Math.max(...values), count: values.length })

/** The median of the ratios within each round: what slows a whole round down cancels out. */
export function pairedRatio (values: readonly number[], yardstick: readonly number[]): number {
  return median(values.flatMap((value, round) => {
    const other = yardstick[round]
    return other == null ? [] : [value / other]
  }))
}
