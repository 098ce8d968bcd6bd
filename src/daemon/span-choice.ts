/** Which layers this node serves: as told, or as the swarm needs. */
import { setTimeout as delay } from 'node:timers/promises'
import { chooseSpan, shouldMove, type Claim } from '../placement/index.ts'
import { alignSpan } from './align-span.ts'
import { ConfigError } from './errors.ts'
import { lookAround } from './network.ts'
import { spanCosts, spanWeightBytes, type CostInit } from './span-cost.ts'
import type { Compute, Span } from '../model/index.ts'
import type { StoredModel } from '../store/index.ts'
import type { NodeRecord, Swarm } from '../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface SpanChoiceComponents {
  readonly swarm: Pick<Swarm, 'nodes' | 'refresh'>
  readonly peerId: string
  /** Tells the others which span this node means to serve. */
  claim (span: Span): Promise<void>
  random (): number
}

export interface SpanChoiceRequest extends CostInit, AbortOptions {
  readonly model: StoredModel
  readonly given?: Span | undefined
  /** Bytes for weights and KV. */
  readonly budget: number
  /** `joined`: others are there. `lan`: they may turn up. `none`: no waiting for others' claims. */
  readonly others: 'joined' | 'lan' | 'none'
}

/** Claims of nodes that started together are seen within this time. */
const WAIT_MS = { least: 400, more: 800 }
/** A claim that stood this many looks in a row is kept; and how long one look at the DHT may take. */
const PATIENCE = { joined: { quietLooks: 2, lookMs: 1_500 }, lan: { quietLooks: 1, lookMs: 700 }, none: { quietLooks: 0, lookMs: 0 } }
const MOST_LOOKS = 12

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`

export function checkSpan (model: StoredModel, span: Span, compute: Compute, budget: number): void {
  const { layerCount } = model.manifest.config
  if (span.end > layerCount) throw new ConfigError(`--layers ${span.start}:${span.end} goes past the end: ${model.name} has the layers 0:${layerCount}`)
  const bytes = spanWeightBytes(model.manifest, compute, span)
  if (bytes > budget) {
    throw new ConfigError(`layers ${span.start}:${span.end} of ${model.name} take ${gigabytes(bytes)}, but ${gigabytes(budget)} may be used; serve fewer with --layers, or allow more with --memory`)
  }
}

/** Nodes that have measured nothing yet are taken for typical ones, this one among them. */
function claimsOf (records: readonly NodeRecord[], modelId: string, self: string): { others: Claim[], tokensPerSecond: number } {
  const spans = records.filter(({ peerId }) => peerId !== self).flatMap((record) => record.spans
    .filter((span) => span.modelId === modelId && span.state !== 'gone' && span.state !== 'draining')
    .map((span) => ({ peerId: record.peerId, ...span })))
  const measured = spans.flatMap(({ decodeMsPerToken }) => (decodeMsPerToken > 0 ? [1000 / decodeMsPerToken] : [])).sort((a, b) => a - b)
  const typical = measured[Math.floor(measured.length / 2)] ?? 1
  return {
    tokensPerSecond: typical,
    others: spans.map(({ peerId, start, end, state, decodeMsPerToken }) =>
      ({ peerId, start, end, settled: state !== 'claiming', tokensPerSecond: decodeMsPerToken > 0 ? 1000 / decodeMsPerToken : typical }))
  }
}

/**
 * The span to serve. Without `given`: claims the one that the swarm lacks most, and looks again after short random waits,
 * until nobody with an older right claims the same.
 * @throws {ConfigError} it does not fit
 */
export async function settleSpan ({ swarm, peerId, claim, random }: SpanChoiceComponents, request: SpanChoiceRequest): Promise<Span> {
  const { model, given, compute, budget, others, signal } = request
  const { quietLooks, lookMs } = PATIENCE[others]
  if (given != null) {
    checkSpan(model, given, compute, budget)
    return given
  }
  const { modelId, manifest, name } = model
  const base = { layerCount: manifest.config.layerCount, ...spanCosts(manifest, request), capacityBytes: budget, random }
  const look = async (): Promise<ReturnType<typeof claimsOf>> => {
    const { nodes } = lookMs === 0 ? { nodes: swarm.nodes() } : await lookAround(swarm, { modelId, timeoutMs: lookMs, ...(signal == null ? {} : { signal }) })
    return claimsOf(nodes, modelId, peerId)
  }

  const fit = (span: Span, claims: readonly Claim[]): Span => alignSpan(span, claims.filter((other) => other.settled || other.peerId < peerId), base.layerCount)

  const first = await look()
  const chosen = chooseSpan({ ...base, served: first.others, tokensPerSecond: first.tokensPerSecond })
  if (chosen == null) throw new ConfigError(`not even one layer of ${name} fits into ${gigabytes(budget)}; allow more with --memory, or a smaller --context`)
  let own = alignSpan(chosen, first.others, base.layerCount)
  if (others === 'none') return own
  await claim(own)
  for (let looks = 0, quiet = 0; looks < MOST_LOOKS && quiet < quietLooks; looks++) {
    await delay(WAIT_MS.least + random() * WAIT_MS.more, undefined, signal == null ? {} : { signal })
    const seen = await look()
    const better = shouldMove({ ...base, own: { ...own, peerId }, ...seen })
    const next = fit(better ?? own, seen.others)
    const same = next.start === own.start && next.end === own.end
    quiet = same ? quiet + 1 : 0
    if (!same) {
      own = next
      await claim(own)
    }
  }
  return own
}
