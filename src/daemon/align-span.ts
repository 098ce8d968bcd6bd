import type { Span } from '../model/index.ts'

/**
 * Cuts a span so that it joins up with those of others: a route runs over whole spans, so layers that two of them share
 * would keep both out of one ring. Layers that nobody else has stay; where all are served already, the span
 * begins and ends where others do, if it can. Pure.
 */
export function alignSpan (span: Span, served: readonly Span[], layerCount: number): Span {
  const layers = Array.from({ length: span.end - span.start }, (_, index) => span.start + index)
  const lacking = layers.filter((layer) => !served.some(({ start, end }) => start <= layer && layer < end))
  const [first] = lacking
  const last = lacking.at(-1)
  if (first != null && last != null) return { start: first, end: last + 1 }

  const borders = [...new Set([0, layerCount, ...served.flatMap(({ start, end }) => [start, end])])]
    .filter((border) => border >= span.start && border <= span.end)
  const start = Math.min(...borders)
  const end = Math.max(...borders)
  return start < end ? { start, end } : span
}
