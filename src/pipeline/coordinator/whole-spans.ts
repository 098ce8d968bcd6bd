import type { RouteCandidate, RouteHop, RoutePlan, RouteRequest } from '../../routing/index.ts'

/** Plans made before the best so far is taken. */
const MAX_PLANS = 64

type Planned = Extract<RoutePlan, { kind: 'route' }>

/**
 * The best route in which every stage uses all of a span that its peer serves: a loaded span is one graph, it can't be
 * entered in the middle. Branch and bound: where the planner would use a part of a span, the route either does without
 * that span, or uses it whole and nothing else that overlaps it. Undefined: no spans join up end to end.
 */
export function wholeSpanRoute (plan: (request: RouteRequest) => RoutePlan, request: RouteRequest): Planned | undefined {
  let best: Planned | undefined
  const open: Array<readonly RouteCandidate[]> = [request.candidates]
  for (let plans = 0; plans < MAX_PLANS; plans++) {
    const candidates = open.pop()
    if (candidates === undefined) break
    const made = plan({ ...request, candidates })
    if (made.kind !== 'route' || (best !== undefined && made.lapMs >= best.lapMs)) continue
    const part = partly(made.hops, candidates)
    if (part === undefined) {
      best = made
      continue
    }
    open.push(
      candidates.filter((candidate) => candidate !== part),
      candidates.filter((candidate) => candidate === part || candidate.end <= part.start || candidate.start >= part.end)
    )
  }
  return best
}

/** The first candidate that the route uses a part of. */
function partly (hops: readonly RouteHop[], candidates: readonly RouteCandidate[]): RouteCandidate | undefined {
  for (const { peerId, start, end } of hops) {
    const own = candidates.filter((candidate) => candidate.peerId === peerId && candidate.hasCapacity)
    if (own.some((candidate) => candidate.start === start && candidate.end === end)) continue
    const wider = own.find((candidate) => candidate.start <= start && candidate.end >= end)
    if (wider !== undefined) return wider
  }
  return undefined
}
