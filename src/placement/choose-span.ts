import type { PlacementRequest, RecheckRequest } from './types.ts'
import type { Span } from '../model/index.ts'

/**
 * The span a node should serve: of all windows that fit its memory, the one that lifts the weakest layers most.
 *
 * Coverage of a layer is the sum of the rates offered for it. Windows are compared by the coverage they leave behind,
 * weakest layer first; then by leaving the weakest layers in as few runs as possible, so that the next node finds one
 * hole to fill and not two halves; then at random. Undefined where not even one layer fits.
 */
export function chooseSpan (request: PlacementRequest): Span | undefined {
  const coverage = coverageOf(request, request.served)
  const best: Span[] = []
  let bestOutcome: Outcome | undefined

  for (const span of largestWindows(request)) {
    const outcome = outcomeOf(coverage, span, request.tokensPerSecond ?? 1)
    const order = bestOutcome == null ? 1 : compare(outcome, bestOutcome)

    if (order > 0) {
      bestOutcome = outcome
      best.length = 0
    }

    if (order >= 0) {
      best.push(span)
    }
  }

  return best[Math.floor(request.random() * best.length)]
}

/**
 * After a short random wait: the span to claim instead, or undefined to keep the present claim.
 *
 * Nodes that settled come first, then claimants by peer id; each keeps its claim if that is a best answer to the
 * claims before it. So the first of the claimants never moves, the second moves at most once after the first is known,
 * and so on: nodes that start together spread out after at most as many rounds as there are nodes.
 */
export function shouldMove (request: RecheckRequest): Span | undefined {
  const { own, others } = request
  const served = others.filter((claim) => claim.settled || claim.peerId < own.peerId)
  const span = chooseSpan({ ...request, served })

  if (span == null || (span.start === own.start && span.end === own.end)) {
    return undefined
  }

  const coverage = coverageOf(request, served)
  const rate = request.tokensPerSecond ?? 1

  return compare(outcomeOf(coverage, span, rate), outcomeOf(coverage, own, rate)) > 0 ? span : undefined
}

/** From every first layer the longest window that fits, without those that lie inside another. */
function largestWindows (request: PlacementRequest | RecheckRequest): Span[] {
  const { layerCount, layerBytes, embeddingBytes, headBytes, capacityBytes } = request
  const windows: Span[] = []

  for (let start = 0; start < layerCount; start++) {
    let bytes = start === 0 ? embeddingBytes : 0
    let end = start

    for (; end < layerCount; end++) {
      bytes += (layerBytes[end] ?? Infinity) + (end === layerCount - 1 ? headBytes : 0)

      if (bytes > capacityBytes) {
        break
      }
    }

    if (end > Math.max(start, windows.at(-1)?.end ?? 0)) {
      windows.push({ start, end })
    }
  }

  return windows
}

interface Outcome {
  /** Coverage of every layer, weakest first. */
  readonly ascending: Float64Array
  /** Runs of neighbouring layers that have the weakest coverage. */
  readonly runs: number
}

function coverageOf ({ layerCount }: { layerCount: number }, served: PlacementRequest['served']): Float64Array {
  const coverage = new Float64Array(layerCount)

  for (const { start, end, tokensPerSecond } of served) {
    for (let layer = Math.max(0, start); layer < Math.min(end, layerCount); layer++) {
      coverage[layer] = (coverage[layer] ?? 0) + tokensPerSecond
    }
  }

  return coverage
}

function outcomeOf (coverage: Float64Array, span: Span, tokensPerSecond: number): Outcome {
  const after = coverage.map((rate, layer) => layer >= span.start && layer < span.end ? rate + tokensPerSecond : rate)
  const ascending = after.toSorted()
  const runs = after.reduce((count, rate, layer) => rate === ascending[0] && after[layer - 1] !== rate ? count + 1 : count, 0)

  return { ascending, runs }
}

/** Positive where `a` is the better outcome. */
function compare (a: Outcome, b: Outcome): number {
  const layer = a.ascending.findIndex((rate, index) => rate !== b.ascending[index])

  return layer === -1 ? b.runs - a.runs : (a.ascending[layer] ?? 0) - (b.ascending[layer] ?? 0)
}
