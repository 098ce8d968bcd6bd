/** What this node says of itself in its record. */
import type { SpanRunner } from '../engine/index.ts'
import type { StageRates } from '../pipeline/index.ts'
import type { Compute, Span } from '../model/index.ts'
import type { StoredModel } from '../store/index.ts'
import type { NodeDescription, ServedSpan, SpanState } from '../swarm/index.ts'

export interface SelfInit {
  readonly name: string
  readonly version: string
  readonly engine: { readonly device: { readonly kind: string, readonly label: string, readonly memoryBytes: number }, numericClass (compute: Compute): string }
  readonly model: StoredModel
  /** What this machine made the model from, if it did. */
  readonly source: string | undefined
  readonly compute: Compute
  readonly protocols: readonly string[]
  addresses (): readonly string[]
}

/** What changes while the node runs. */
export interface SelfState {
  readonly span?: Span | undefined
  readonly state: SpanState
  readonly runner?: Pick<SpanRunner, 'freeSlots'> | undefined
  readonly rates?: StageRates | undefined
}

const MAX_LABEL_BYTES = 64

/** At most 64 bytes, never half a character. */
function label (name: string): string {
  let text = name
  while (Buffer.byteLength(text) > MAX_LABEL_BYTES) text = Array.from(text).slice(0, -1).join('')
  return text
}

export function servedSpan ({ model, compute }: Pick<SelfInit, 'model' | 'compute'>, { span, state, runner, rates }: SelfState): ServedSpan | undefined {
  if (span == null) return undefined
  return {
    modelId: model.modelId,
    label: label(model.name),
    layerCount: model.manifest.config.layerCount,
    start: span.start,
    end: span.end,
    state,
    compute,
    wires: ['f16', 'f32'],
    freeSlots: runner?.freeSlots() ?? {},
    decodeMsPerToken: round(rates?.decodeMsPerToken ?? 0),
    prefillTokensPerSecond: round(rates?.prefillTokensPerSecond ?? 0),
    queueMs: round(rates?.queueMs ?? 0),
    divisible: span.end - span.start > 1
  }
}

const round = (value: number): number => Math.round(value * 100) / 100

export function describeSelf (init: SelfInit, state: SelfState): NodeDescription {
  const { engine, model, source, name, version, compute, protocols } = init
  const span = servedSpan(init, state)
  return {
    name: label(name),
    version,
    device: { kind: engine.device.kind, label: label(engine.device.label) },
    memoryBytes: engine.device.memoryBytes,
    numericClass: engine.numericClass(compute),
    protocols,
    addresses: init.addresses(),
    spans: span == null ? [] : [span],
    offers: [{ modelId: model.modelId, label: label(model.name), source: source ?? '' }]
  }
}
