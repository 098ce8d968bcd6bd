/** Who stands by for a stage: pure. */
import { createHash } from 'node:crypto'
import { networksOf } from '../../p2p/index.ts'
import type { FoundRoute, Provider } from './routes.ts'
import type { RouteStop } from './stage-link.ts'
import type { Wire } from '../types.ts'

export interface StandbySearch {
  readonly session: Uint8Array
  /** It was chosen before, and may have the slot that it needs already. */
  readonly isHeld?: boolean
  readonly modelId: string
  readonly wire: Wire
  readonly positions: number
  readonly stop: RouteStop
  readonly route: FoundRoute
  readonly providers: readonly Provider[]
  readonly exclude: ReadonlySet<string>
}

/**
 * By rendezvous hash, so that sessions spread over those who can and one session finds the same again: a node that serves the same
 * layers, has a free slot and is no stage of the route; on another network than the stage where there is a choice.
 */
export function chooseStandby ({ session, isHeld = false, modelId, wire, positions, stop, route, providers, exclude }: StandbySearch): RouteStop | undefined {
  const taken = new Set(route.hops.map(({ peerId }) => peerId))
  const able = providers.filter(({ peerId, spans }) => !taken.has(peerId) && !exclude.has(peerId) && spans.some((span) =>
    span.modelId === modelId && span.start === stop.start && span.end === stop.end && span.compute === route.compute && span.state === 'online' &&
    span.wires.includes(wire) && Object.entries(span.freeSlots).some(([capacity, free]) => Number(capacity) >= positions && (free > 0 || isHeld))))
  const own = networksOf(stop.addresses)
  const apart = able.filter(({ addresses }) => ![...networksOf(addresses)].some((network) => own.has(network)))
  const weight = ({ peerId }: Provider): string => createHash('sha256').update(session).update(peerId).digest('hex')
  const [best] = (apart.length > 0 ? apart : able).toSorted((a, b) => weight(a) < weight(b) ? -1 : 1)
  return best === undefined ? undefined : { peerId: best.peerId, start: stop.start, end: stop.end, addresses: best.addresses }
}
