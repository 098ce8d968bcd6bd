import { NoCapacityError, UncoveredError } from '../../../protocols/generate/index.ts'
import { wholeSpanRoute } from './whole-spans.ts'
import type { TakeOver, Wire } from '../types.ts'
import type { Compute, Span } from '../../model/index.ts'
import type { RouteCandidate, RouteHop, RoutePlan, RouteRequest } from '../../routing/index.ts'
import type { NodeRecord, ServedSpan } from '../../swarm/index.ts'

/** A peer that serves something, as its record says. */
export type Provider = Pick<NodeRecord, 'peerId' | 'addresses' | 'spans'>

export interface RouteSearch {
  readonly modelId: string
  readonly layerCount: number
  readonly wire: Wire
  readonly positions: number
  readonly exclude: ReadonlySet<string>
  /** Stages that hold this session already, by `heldKey`: they need no free slot. */
  readonly held?: ReadonlySet<string>
  /** Of a session that has begun: a ring never mixes them. */
  readonly compute?: Compute | undefined
  readonly providers: readonly Provider[]
  planRoute (request: RouteRequest): RoutePlan
  oneWayMs (from: string, to: string): number
}

export interface FoundRoute {
  readonly compute: Compute
  readonly hops: ReadonlyArray<RouteHop & { readonly addresses: readonly string[] }>
}

const RETRY_AFTER_MS = 1000
const UNCOVERED_RETRY_MS = 5000

/**
 * The best route in one compute: a ring never mixes them. Or why there is none. Records are seconds old: where they leave no free slot, a
 * full stage is asked all the same; it knows, and says when to come again.
 */
export function findRoute (search: RouteSearch): FoundRoute | NoCapacityError {
  const found = findAmong(search, true)
  if (!(found instanceof NoCapacityError) || found instanceof UncoveredError) return found
  const perhaps = findAmong(search, false)
  return perhaps instanceof NoCapacityError ? found : perhaps
}

export const heldKey = ({ peerId, start, end }: RouteHop): string => `${peerId}/${start}:${end}`

/** Whether every hop is a whole span, or a part of one that may be taken in parts. */
function isDivisible (hops: readonly RouteHop[], known: readonly RouteCandidate[], divisible: ReadonlySet<string>): boolean {
  return hops.every((hop) => known.some((span) => span.peerId === hop.peerId && span.start <= hop.start && span.end >= hop.end &&
    ((span.start === hop.start && span.end === hop.end) || divisible.has(heldKey(span)))))
}

/** A route that had begun, and those of its stages that may still hold what they computed, by `heldKey`. */
export interface BegunRoute {
  readonly route: FoundRoute
  readonly held: ReadonlySet<string>
}

/** Of a session whose coordinator is lost, as its client tells it. Undefined: it is no route, or nobody else of it is there any more. */
export function begunRoute (
  { route, lost }: TakeOver, { modelId, layerCount, wire, exclude, providers }: Pick<RouteSearch, 'modelId' | 'layerCount' | 'wire' | 'exclude' | 'providers'>
): BegunRoute | undefined {
  const hops = route.map(({ peerId, span: [start, end] }) => ({ peerId, start, end, addresses: providers.find((each) => each.peerId === peerId)?.addresses ?? [] }))
  const joins = hops.every(({ start, end }, index) => start === (hops[index - 1]?.end ?? 0) && end > start) && hops.at(-1)?.end === layerCount
  if (!joins) return undefined
  const serving = hops.flatMap((hop) => {
    const span = hop.peerId === lost || exclude.has(hop.peerId) ? undefined : providers.find(({ peerId }) => peerId === hop.peerId)?.spans.find((each) =>
      each.modelId === modelId && each.layerCount === layerCount && each.state === 'online' && each.wires.includes(wire) &&
      (each.divisible ? each.start <= hop.start && each.end >= hop.end : each.start === hop.start && each.end === hop.end))
    return span === undefined ? [] : [{ hop, compute: span.compute }]
  })
  const compute = serving[0]?.compute
  if (compute === undefined || serving.some((each) => each.compute !== compute)) return undefined
  return { route: { compute, hops }, held: new Set(serving.map(({ hop }) => heldKey(hop))) }
}

/**
 * The route as it is, with others where its stages are lost: whoever is left need compute nothing anew. Undefined: nobody fits into the
 * gaps, which says nothing of other routes. Who stands by for a stage takes its place, if anybody does.
 */
export function mendedRoute (
  search: RouteSearch, { compute, hops }: FoundRoute, isLost: (hop: RouteHop) => boolean, standby: (index: number) => FoundRoute['hops'][number] | undefined = () => undefined
): FoundRoute | undefined {
  const instead = hops.map((hop, index) => {
    const other = isLost(hop) ? standby(index) : undefined
    return other === undefined || search.exclude.has(other.peerId) ? hop : other
  })
  return filled(search, compute, instead, (hop) => hops.includes(hop) && isLost(hop))
}

function filled (search: RouteSearch, compute: Compute, hops: FoundRoute['hops'], isLost: (hop: FoundRoute['hops'][number]) => boolean): FoundRoute | undefined {
  const mended: Array<FoundRoute['hops'][number]> = []
  for (let index = 0; index < hops.length; index++) {
    const hop = hops[index]
    if (hop === undefined) break
    if (!isLost(hop)) {
      mended.push(hop)
      continue
    }
    let { end } = hop
    for (let next = hops[index + 1]; next !== undefined && isLost(next); next = hops[index + 1]) {
      end = next.end
      index++
    }
    const found = findWithin(search, compute, { start: hop.start, end })
    if (found === undefined) return undefined
    mended.push(...found)
  }
  return { compute, hops: mended }
}

/** Stages for some of the layers: of larger spans their part. */
function findWithin (search: RouteSearch, compute: Compute, { start, end }: Span): FoundRoute['hops'] | undefined {
  const fits = (span: ServedSpan): boolean => span.compute === compute && span.layerCount === search.layerCount &&
    (span.divisible ? span.start < end && span.end > start : span.start >= start && span.end <= end)
  const providers = search.providers.map((provider) => ({
    ...provider,
    spans: provider.spans.filter(fits).map((span) => ({
      ...span,
      layerCount: end - start,
      start: Math.max(span.start, start) - start,
      end: Math.min(span.end, end) - start,
      decodeMsPerToken: span.decodeMsPerToken * (Math.min(span.end, end) - Math.max(span.start, start)) / (span.end - span.start)
    }))
  }))
  const found = findRoute({ ...search, held: new Set(), layerCount: end - start, providers })
  return found instanceof NoCapacityError ? undefined : found.hops.map((hop) => ({ ...hop, start: hop.start + start, end: hop.end + start }))
}

/** @param free count only slots that are free by the records, not all */
function findAmong (search: RouteSearch, free: boolean): FoundRoute | NoCapacityError {
  const plan = (request: RouteRequest): RoutePlan => search.planRoute(request)
  const divisible = new Set(search.providers.flatMap(({ peerId, spans: served }) => served.filter((span) => span.divisible).map((span) => heldKey({ peerId, ...span }))))
  const plans = (['fast', 'exact'] as const).filter((compute) => search.compute === undefined || search.compute === compute).map((compute) => {
    const request: RouteRequest = {
      layerCount: search.layerCount,
      candidates: search.providers.flatMap((provider) => candidates(provider, compute, search, free)),
      exclude: search.exclude,
      oneWayMs: (from, to) => search.oneWayMs(from, to)
    }
    const planned = plan(request)
    return { compute, plan: planned, route: wholeSpanRoute(plan, request), divided: planned.kind === 'route' && isDivisible(planned.hops, request.candidates, divisible) ? planned : undefined }
  })
  // a part of a span has to be loaded beside the whole: only where spans do not join up
  const whole = plans.flatMap(({ compute, route }) => route === undefined ? [] : [{ compute, ...route }])
  const routes = whole.length > 0 ? whole : plans.flatMap(({ compute, divided }) => divided === undefined ? [] : [{ compute, ...divided }])
  const best = routes.sort((a, b) => a.lapMs - b.lapMs)[0]
  if (best !== undefined) {
    const addresses = new Map(search.providers.map((provider) => [provider.peerId, provider.addresses]))
    return { compute: best.compute, hops: best.hops.map((hop) => ({ ...hop, addresses: addresses.get(hop.peerId) ?? [] })) }
  }
  if (plans.some(({ plan }) => plan.kind === 'route')) {
    return new UncoveredError('all layers of this model are served, but by spans that do not join up end to end', UNCOVERED_RETRY_MS)
  }
  const busy = plans.flatMap(({ plan }) => plan.kind === 'busy' ? [plan.busy] : [])[0]
  if (busy !== undefined) return new NoCapacityError(`no node has a free slot now for layers ${spans(busy)}`, RETRY_AFTER_MS)
  const missing = plans.flatMap(({ plan }) => plan.kind === 'uncovered' ? [plan.missing] : []).sort((a, b) => width(a) - width(b))[0] ?? []
  return new UncoveredError(`nobody serves layers ${spans(missing)} of this model`, UNCOVERED_RETRY_MS)
}

function candidates ({ peerId, spans: served }: Provider, compute: Compute, { modelId, layerCount, wire, positions, held }: RouteSearch, onlyFree: boolean): RouteCandidate[] {
  const fits = (span: ServedSpan): boolean => span.modelId === modelId && span.layerCount === layerCount &&
    span.state === 'online' && span.compute === compute && span.wires.includes(wire)
  return served.filter(fits).map(({ start, end, decodeMsPerToken, queueMs, freeSlots }) => ({
    peerId,
    start,
    end,
    decodeMsPerToken,
    queueMs,
    hasCapacity: held?.has(heldKey({ peerId, start, end })) === true || Object.entries(freeSlots).some(([capacity, free]) => Number(capacity) >= positions && (free > 0 || !onlyFree))
  }))
}

const width = (list: readonly Span[]): number => list.reduce((sum, { start, end }) => sum + end - start, 0)
const spans = (list: readonly Span[]): string => list.map(({ start, end }) => `${start}:${end}`).join(', ')
