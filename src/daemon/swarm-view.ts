/** The swarm as people look at it: nodes, and for each model which layers are served. Pure. */
import { modelViews, type ModelView } from '../client/index.ts'
import type { NodeRecord } from '../swarm/index.ts'

export { modelViews, type ModelView }

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
