/** The swarm as people look at it: nodes, and for each model which layers are served. Pure. */
import type { NodeRecord } from '../swarm/index.ts'

export interface NodeView {
  readonly peerId: string
  readonly name: string
  readonly version: string
  readonly device: { readonly kind: string, readonly label: string }
  readonly memoryBytes: number
  readonly numericClass: string
  readonly addresses: readonly string[]
  readonly roundTripMs: number | null
  readonly expiresAtMs: number
  readonly spans: ReadonlyArray<{
    readonly model: string
    readonly modelId: string
    readonly span: readonly [start: number, end: number]
    readonly state: string
    readonly compute: string
    readonly freeSlots: Readonly<Record<number, number>>
    readonly decodeMsPerToken: number
    readonly prefillTokensPerSecond: number
    readonly queueMs: number
  }>
  /** Models whose weights it gives to others. */
  readonly offers: ReadonlyArray<{ readonly model: string, readonly modelId: string }>
}

const MAX_LAYERS = 4096

export interface ModelView {
  readonly modelId: string
  /** The label most nodes give it: shown, never believed. */
  readonly model: string
  readonly layerCount: number
  /** How many nodes serve each layer now. */
  readonly coverage: readonly number[]
  /** Layers that nobody serves. */
  readonly missing: ReadonlyArray<readonly [start: number, end: number]>
  readonly covered: boolean
  readonly nodes: number
}

export interface SwarmView {
  readonly nodes: readonly NodeView[]
  readonly models: readonly ModelView[]
}

export function swarmView (records: readonly NodeRecord[], roundTripMs: (peerId: string) => number | undefined): SwarmView {
  return {
    nodes: [...records].sort(bySpan).map((record) => ({
      peerId: record.peerId,
      name: record.name,
      version: record.version,
      device: record.device,
      memoryBytes: record.memoryBytes,
      numericClass: record.numericClass,
      addresses: record.addresses,
      roundTripMs: roundTripMs(record.peerId) ?? null,
      expiresAtMs: record.expiresAtMs,
      offers: record.offers.map(({ label, modelId }) => ({ model: label, modelId })),
      spans: record.spans.map(({ label, start, end, layerCount: _, wires: _wires, divisible: _divisible, ...rest }) => ({ model: label, span: [start, end], ...rest }))
    })),
    models: modelViews(records)
  }
}

const bySpan = (a: NodeRecord, b: NodeRecord): number =>
  (a.spans[0]?.start ?? Infinity) - (b.spans[0]?.start ?? Infinity) || (a.peerId < b.peerId ? -1 : 1)

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
