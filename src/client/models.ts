/** For each model of the swarm, which layers are served. Pure. */
import type { NodeRecord } from '../swarm/index.ts'
import type { ModelView } from './api.ts'

const MAX_LAYERS = 4096

export function modelViews (records: readonly NodeRecord[]): ModelView[] {
  const spans = records.flatMap((record) => record.spans.filter(({ state }) => state !== 'gone'))
  return [...new Set(spans.map(({ modelId }) => modelId))].map((modelId) => {
    const own = spans.filter((span) => span.modelId === modelId)
    // A record may lie about the number of layers: the majority's word counts, up to what any model has.
    const layerCount = Math.min(MAX_LAYERS, mostCommon(own.map((span) => span.layerCount)))
    const coverage = Array.from({ length: layerCount }, (_, layer) =>
      own.filter(({ state, start, end }) => state === 'online' && start <= layer && layer < end).length)
    const missing = runsOf(coverage, (count) => count === 0)
    return { modelId, model: mostCommon(own.map(({ label }) => label)), layerCount, coverage, missing, covered: missing.length === 0, nodes: own.length }
  }).sort((a, b) => (a.model < b.model ? -1 : 1))
}

function mostCommon<T> (values: readonly T[]): T {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const [best] = [...counts].sort(([, a], [, b]) => b - a)
  if (best == null) throw new RangeError('there is no most common of nothing')
  return best[0]
}

/** Ranges `[start, end)` of neighbours for which `test` holds. */
export function runsOf (values: readonly number[], test: (value: number) => boolean): Array<[start: number, end: number]> {
  const runs: Array<[number, number]> = []
  values.forEach((value, index) => {
    const last = runs.at(-1)
    if (!test(value)) return
    if (last != null && last[1] === index) last[1] = index + 1
    else runs.push([index, index + 1])
  })
  return runs
}
