import type { RouteCandidate, RouteHop, RoutePlan, RouteRequest } from './types.ts'
import type { Span } from '../model/index.ts'

/** Less than any measured time: of routes that cost the same, the one with fewer hops wins. */
const HOP_MS = 1e-6

/**
 * The ring with the shortest expected lap: the stages' compute and queues, and the one-way delays between them, the way from
 * the tail back to the head included. A stage may use a part of what a peer serves, entering in its middle.
 *
 * Layers are decided one after another from the last (shortest path over (layer, candidate)); since the way back depends on
 * the head, that is done for each possible head, in order of what it costs at least, until no other head can be better.
 */
export function planRoute (request: RouteRequest): RoutePlan {
  const known = request.candidates
    .filter(({ peerId, start, end }) => start < end && start >= 0 && end <= request.layerCount && !(request.exclude?.has(peerId) ?? false))
    .toSorted((a, b) => a.peerId < b.peerId ? -1 : a.peerId > b.peerId ? 1 : a.start - b.start || a.end - b.end)
  const missing = uncovered(known, request.layerCount)
  if (missing.length > 0) {
    return { kind: 'uncovered', missing }
  }
  const free = known.filter(({ hasCapacity }) => hasCapacity)
  const busy = uncovered(free, request.layerCount)
  return busy.length > 0 ? { kind: 'busy', busy } : shortest(request, free)
}

/** Layers that nobody has, in runs. */
function uncovered (candidates: readonly Span[], layerCount: number): Span[] {
  const runs: Span[] = []
  for (let layer = 0; layer < layerCount; layer++) {
    if (candidates.some(({ start, end }) => start <= layer && layer < end)) {
      continue
    }
    const last = runs.at(-1)
    if (last?.end === layer) {
      runs[runs.length - 1] = { start: last.start, end: layer + 1 }
    } else {
      runs.push({ start: layer, end: layer + 1 })
    }
  }
  return runs
}

interface Choice {
  /** From the input of this layer on this candidate to the end of the lap. */
  readonly costMs: number
  /** Who runs the next layer. */
  readonly next: number
}

/** Best choices of every layer, by candidate. */
type Table = ReadonlyArray<ReadonlyMap<number, Choice>>

function shortest (request: RouteRequest, candidates: readonly RouteCandidate[]): RoutePlan {
  const delays = delayTable(request, candidates)
  const byLayer = Array.from({ length: request.layerCount }, (_, layer) =>
    candidates.flatMap(({ start, end }, index) => start <= layer && layer < end ? [index] : []))
  const atLeast = solve(candidates, byLayer, delays, null)
  const heads = [...(atLeast[0] ?? [])].sort(([a, one], [b, other]) => one.costMs - other.costMs || a - b)
  let best: { table: Table, head: number, lapMs: number } | undefined
  for (const [head, { costMs }] of heads) {
    if (best != null && costMs >= best.lapMs) {
      break
    }
    const table = solve(candidates, byLayer, delays, head)
    const lapMs = table[0]?.get(head)?.costMs ?? Infinity
    if (best == null || lapMs < best.lapMs) {
      best = { table, head, lapMs }
    }
  }
  return best == null
    ? { kind: 'uncovered', missing: [{ start: 0, end: request.layerCount }] }
    : { kind: 'route', hops: hopsOf(candidates, best.table, best.head), lapMs: best.lapMs }
}

/** One-way delays between candidates, asked for once a pair of peers. */
function delayTable ({ oneWayMs }: RouteRequest, candidates: readonly RouteCandidate[]): (from: number, to: number) => number {
  const known = new Map<number, number>()
  return (from, to) => {
    const key = from * candidates.length + to
    let delay = known.get(key)
    if (delay == null) {
      const [a, b] = [candidates[from]?.peerId ?? '', candidates[to]?.peerId ?? '']
      delay = a === b ? 0 : oneWayMs(a, b)
      known.set(key, delay)
    }
    return delay
  }
}

/** @param head where the lap ends; null: the way back costs nothing, a bound for all heads */
function solve (candidates: readonly RouteCandidate[], byLayer: ReadonlyArray<readonly number[]>, delay: (from: number, to: number) => number, head: number | null): Table {
  const layerMs = candidates.map(({ decodeMsPerToken, start, end }) => decodeMsPerToken / (end - start))
  const enterMs = candidates.map(({ queueMs }) => queueMs + HOP_MS)
  const table = new Array<ReadonlyMap<number, Choice>>(byLayer.length)
  let after: ReadonlyMap<number, Choice> | undefined
  for (let layer = byLayer.length - 1; layer >= 0; layer--) {
    const here = new Map<number, Choice>()
    for (const index of byLayer[layer] ?? []) {
      const own = layerMs[index] ?? 0
      let best: Choice = { costMs: Infinity, next: -1 }
      if (after == null) {
        best = { costMs: own + (head == null ? 0 : delay(index, head)), next: -1 }
      } else {
        for (const [next, { costMs }] of after) {
          const total = own + costMs + (next === index ? 0 : delay(index, next) + (enterMs[next] ?? 0))
          if (total < best.costMs) {
            best = { costMs: total, next }
          }
        }
      }
      // the head's own queue is entered at the start of the lap
      here.set(index, layer === 0 ? { ...best, costMs: best.costMs + (enterMs[index] ?? 0) } : best)
    }
    table[layer] = here
    after = here
  }
  return table
}

function hopsOf (candidates: readonly RouteCandidate[], table: Table, head: number): RouteHop[] {
  const hops: RouteHop[] = []
  let current = head
  let start = 0
  table.forEach((choices, layer) => {
    const next = choices.get(current)?.next ?? -1
    if (next !== current) {
      hops.push({ peerId: candidates[current]?.peerId ?? '', start, end: layer + 1 })
      start = layer + 1
      current = next
    }
  })
  return hops
}
