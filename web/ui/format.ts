/** Numbers as people read them. */

export const rate = (perSecond: number): string => perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1)

export function duration (ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

export function bytes (count: number): string {
  if (count < 1000) return `${count} B`
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`
}

/** A KV capacity: 512, 2k, 8k. */
export const positions = (count: number): string => count >= 1024 ? `${Math.round(count / 1024)}k` : String(count)

export const clock = (atMs: number): string => new Date(atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
