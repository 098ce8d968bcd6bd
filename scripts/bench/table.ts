export interface Row {
  readonly what: string
  readonly value: string
  /** Against the yardstick of the same run. */
  readonly ratio: string
}

export function quantile (values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export const spread = (values: readonly number[]): string => `${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}`

export function markdown (rows: readonly Row[]): string {
  return ['| what | measured | ratio |', '| --- | --- | --- |', ...rows.map(({ what, value, ratio }) => `| ${what} | ${value} | ${ratio} |`)].join('\n')
}
