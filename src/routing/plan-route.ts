import type { RouteCandidate, RouteHop, RoutePlan, RouteRequest } from './types.ts'
import type { Span } from '../model/index.ts'

/** Less than any measured time: of routes that cost the same, the one with fewer hops wins. */
const HOP_MS = 1e-6
/** Taken for a delay that is no number of milliseconds. */
const UNKNOWN_DELAY_MS = 1000
/** Heads tried, the most promising first: bounds the time where thousands of nodes are alike. */
const MAX_HEADS = 64

/**
 * The ring with the shortest expected lap: the stages' compute and queues, and the one-way delays between them, the way from
 * the tail back to the head included. A stage may use a part of what a peer serves, entering in its middle.
 *
 * Two passes over (layer, candidate): backward, what is left to the tail at least, not knowing the head; then forward from one
 * head after another, in order of what a lap costs at least, leaving out all that can't beat the best lap known.
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

/** What is left of a lap from here to the tail, the way back not counted; by layer and candidate. */
interface Bounds {
  /** From the input of this layer on this candidate; infinite where it does not serve the layer. */
  readonly leftMs: readonly Float64Array[]
  /** Who runs the next layer, or -1. */
  readonly next: readonly Int32Array[]
  /** Who serves a layer, the best first by what is left from entering it. */
  readonly order: ReadonlyArray<readonly number[]>
}

interface Nodes {
  readonly count: number
  readonly layerCount: number
  readonly layerMs: Float64Array
  readonly enterMs: Float64Array
  serves (layer: number, index: number): boolean
  delayMs (from: number, to: number): number
}

interface Lap {
  readonly ms: number
  /** Candidate of every layer. */
  readonly path: readonly number[]
}

function shortest (request: RouteRequest, candidates: readonly RouteCandidate[]): RoutePlan {
  const nodes = nodesOf(request, candidates)
  const bounds = boundsOf(nodes)
  const heads = (bounds.order[0] ?? []).map((head) => ({ head, leastMs: (nodes.enterMs[head] ?? 0) + (bounds.leftMs[0]?.[head] ?? Infinity) }))
  let best: Lap = { ms: Infinity, path: [] }
  for (const { head } of heads) {
    const lap = lapAlong(nodes, bounds, head)
    best = lap.ms < best.ms ? lap : best
  }
  for (const { head, leastMs } of heads.slice(0, MAX_HEADS)) {
    if (leastMs >= best.ms) {
      break
    }
    best = lapFrom(nodes, bounds, head, best)
  }
  return { kind: 'route', hops: hopsOf(candidates, best.path), lapMs: best.ms }
}

function nodesOf ({ layerCount, oneWayMs }: RouteRequest, candidates: readonly RouteCandidate[]): Nodes {
  const count = candidates.length
  const rows: Float64Array[] = []
  return {
    count,
    layerCount,
    layerMs: Float64Array.from(candidates, ({ decodeMsPerToken, start, end }) => decodeMsPerToken / (end - start)),
    enterMs: Float64Array.from(candidates, ({ queueMs }) => queueMs + HOP_MS),
    serves: (layer, index) => {
      const { start = 0, end = 0 } = candidates[index] ?? {}
      return start <= layer && layer < end
    },
    delayMs: (from, to) => {
      const row = rows[from] ??= new Float64Array(count).fill(NaN)
      const known = row[to] ?? NaN
      if (!Number.isNaN(known)) {
        return known
      }
      const [a, b] = [candidates[from]?.peerId ?? '', candidates[to]?.peerId ?? '']
      const asked = a === b ? 0 : oneWayMs(a, b)
      return row[to] = asked >= 0 && Number.isFinite(asked) ? asked : UNKNOWN_DELAY_MS
    }
  }
}

function boundsOf (nodes: Nodes): Bounds {
  const { count, layerCount, layerMs, enterMs, serves, delayMs } = nodes
  const all = Array.from({ length: count }, (_, index) => index)
  const leftMs = Array.from({ length: layerCount }, () => new Float64Array(count).fill(Infinity))
  const next = Array.from({ length: layerCount }, () => new Int32Array(count).fill(-1))
  const order: number[][] = new Array<number[]>(layerCount)
  for (let layer = layerCount - 1; layer >= 0; layer--) {
    const here = leftMs[layer] ?? new Float64Array(count)
    const after = leftMs[layer + 1]
    const serving = all.filter((index) => serves(layer, index))
    for (const index of serving) {
      // staying costs nothing; others come in order of what they cost at least
      let best = after == null ? 0 : after[index] ?? Infinity
      let to = after != null && best < Infinity ? index : -1
      for (const other of order[layer + 1] ?? []) {
        const leastMs = (enterMs[other] ?? 0) + (after?.[other] ?? Infinity)
        if (leastMs >= best) {
          break
        }
        const ms = leastMs + (other === index ? 0 : delayMs(index, other))
        if (ms < best) {
          best = ms
          to = other
        }
      }
      here[index] = (layerMs[index] ?? 0) + best
      const row = next[layer]
      if (row != null) {
        row[index] = to
      }
    }
    order[layer] = serving.sort((a, b) => (enterMs[a] ?? 0) + (here[a] ?? 0) - (enterMs[b] ?? 0) - (here[b] ?? 0) || a - b)
  }
  return { leftMs, next, order }
}

/** The lap that begins at a head and knows nothing of the way back. */
function lapAlong ({ layerCount, enterMs, delayMs }: Nodes, { leftMs, next }: Bounds, head: number): Lap {
  const path = [head]
  for (let layer = 0; layer < layerCount - 1; layer++) {
    path.push(next[layer]?.[path.at(-1) ?? -1] ?? -1)
  }
  return { ms: (enterMs[head] ?? 0) + (leftMs[0]?.[head] ?? Infinity) + delayMs(path.at(-1) ?? head, head), path }
}

/** The shortest lap from one head, or `best` where there is none shorter than that. */
function lapFrom ({ count, layerCount, layerMs, enterMs, delayMs }: Nodes, { leftMs, order }: Bounds, head: number, best: Lap): Lap {
  const tails = order[layerCount - 1] ?? []
  const backMs = tails.reduce((least, tail) => Math.min(least, delayMs(tail, head)), Infinity)
  // what a lap may cost from its start to the tail, if it is to be the best
  const limit = best.ms - backMs
  const from: Int32Array[] = []
  let done = new Float64Array(count).fill(Infinity)
  done[head] = enterMs[head] ?? 0
  for (let layer = 0; layer < layerCount - 1; layer++) {
    const later = new Float64Array(count).fill(Infinity)
    const parents = new Int32Array(count).fill(-1)
    const after = leftMs[layer + 1]
    for (const index of order[layer] ?? []) {
      const ms = (done[index] ?? Infinity) + (layerMs[index] ?? 0)
      if (ms + (after?.[index] ?? Infinity) < limit && ms < (later[index] ?? 0)) {
        later[index] = ms
        parents[index] = index
      }
      for (const other of order[layer + 1] ?? []) {
        const entered = ms + (enterMs[other] ?? 0)
        if (entered + (after?.[other] ?? Infinity) >= limit) {
          break
        }
        if (other === index || entered >= (later[other] ?? 0)) {
          continue
        }
        const there = entered + delayMs(index, other)
        if (there < (later[other] ?? 0) && there + (after?.[other] ?? Infinity) < limit) {
          later[other] = there
          parents[other] = index
        }
      }
    }
    from.push(parents)
    done = later
  }
  let [tail, ms] = [-1, best.ms]
  for (const index of tails) {
    const lapMs = (done[index] ?? Infinity) + (layerMs[index] ?? 0) + delayMs(index, head)
    if (lapMs < ms) {
      [tail, ms] = [index, lapMs]
    }
  }
  return tail === -1 ? best : { ms, path: from.reduceRight((path, parents) => [parents[path[0] ?? -1] ?? -1, ...path], [tail]) }
}

function hopsOf (candidates: readonly RouteCandidate[], path: readonly number[]): RouteHop[] {
  const hops: RouteHop[] = []
  let start = 0
  path.forEach((index, layer) => {
    if (path[layer + 1] !== index) {
      hops.push({ peerId: candidates[index]?.peerId ?? '', start, end: layer + 1 })
      start = layer + 1
    }
  })
  return hops
}
