/** Values as people read them. */

/** Columns as wide as their widest cell. */
export function table (rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => { widths[column] = Math.max(widths[column] ?? 0, cell.length) })
  }
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}

/** `1.2 GB`. */
export function bytes (count: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 1000 && unit < names.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${names[unit] ?? ''}`
}

/** The end of a peer id is what tells two apart. */
export const shortPeer = (peerId: string): string => (peerId.length > 8 ? peerId.slice(-8) : peerId)

/** Sessions that a span has room for, of the size that it has most room for. */
export const freeOf = (freeSlots: Readonly<Record<string, number>>): string => String(Math.max(0, ...Object.values(freeSlots)))
