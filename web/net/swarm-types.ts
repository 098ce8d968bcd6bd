/** `GET /api/swarm` and `GET /api/events` as the page uses them; both are read leniently, as a newer node may say more. */
import { isRecord, listOf, numberOr, stringOr } from './json.ts'

export type Range = readonly [start: number, end: number]

export interface RouteStage {
  readonly peerId: string
  readonly span: Range
}

export interface ServedSpan {
  readonly model: string
  readonly modelId: string
  readonly span: Range
  readonly state: string
  readonly freeSlots: ReadonlyArray<readonly [positions: number, slots: number]>
  readonly decodeMsPerToken: number
  readonly queueMs: number
}

export interface SwarmNode {
  readonly peerId: string
  readonly name: string
  readonly device: string
  readonly roundTripMs: number | null
  readonly spans: readonly ServedSpan[]
}

export interface SwarmModel {
  readonly modelId: string
  readonly model: string
  readonly layerCount: number
  readonly coverage: readonly number[]
  readonly covered: boolean
}

export interface SwarmView {
  /** The node that says so. */
  readonly self: string
  readonly nodes: readonly SwarmNode[]
  readonly models: readonly SwarmModel[]
  /** How often answers went on after a loss, since the node started. */
  readonly repairs: number
}

export interface Repair {
  readonly atMs: number
  readonly lost: readonly RouteStage[]
  readonly tookMs: number
  readonly replayed: number
}

export interface HopTiming extends RouteStage {
  readonly laps: number
  readonly queueMs: number
  readonly computeMs: number
  readonly sendMs: number
  readonly bytesSent: number
}

export interface Session {
  readonly id: string
  readonly modelId: string
  readonly route: readonly RouteStage[]
  readonly startedAtMs: number
  readonly tokens: number
  readonly tokensPerSecond: number
  readonly ttftMs: number | null
  readonly state: 'running' | 'done' | 'cancelled' | 'failed'
  readonly repairs: readonly Repair[]
  readonly hops: readonly HopTiming[]
}

export type ActivityEvent =
  | { readonly kind: 'hello', readonly peerId: string, readonly sessions: readonly Session[] }
  | { readonly kind: 'session', readonly session: Session }
  | { readonly kind: 'tokens', readonly id: string, readonly tokens: number, readonly tokensPerSecond: number, readonly ttftMs: number | null }
  | { readonly kind: 'node', readonly peerId: string, readonly name: string, readonly here: boolean }
  | { readonly kind: 'swarm' }
  | { readonly kind: 'bye' }

function range (value: unknown): Range | undefined {
  if (!Array.isArray(value)) return undefined
  const [start, end] = [numberOr(value[0], -1), numberOr(value[1], -1)]
  return start >= 0 && end > start ? [start, end] : undefined
}

export function readStage (value: unknown): RouteStage | undefined {
  const span = isRecord(value) ? range(value.span) : undefined
  return isRecord(value) && span !== undefined && typeof value.peerId === 'string' ? { peerId: value.peerId, span } : undefined
}

function readSpan (value: unknown): ServedSpan | undefined {
  const span = isRecord(value) ? range(value.span) : undefined
  if (!isRecord(value) || span === undefined) return undefined
  const slots = isRecord(value.freeSlots) ? Object.entries(value.freeSlots) : []
  return {
    model: stringOr(value.model, ''),
    modelId: stringOr(value.modelId, ''),
    span,
    state: stringOr(value.state, ''),
    freeSlots: slots.map(([positions, count]) => [Number(positions), numberOr(count, 0)] as const).sort(([a], [b]) => a - b),
    decodeMsPerToken: numberOr(value.decodeMsPerToken, 0),
    queueMs: numberOr(value.queueMs, 0)
  }
}

function readNode (value: unknown): SwarmNode | undefined {
  if (!isRecord(value) || typeof value.peerId !== 'string') return undefined
  const device = isRecord(value.device) ? value.device : {}
  return {
    peerId: value.peerId,
    name: stringOr(value.name, '') || value.peerId.slice(-8),
    device: [stringOr(device.kind, ''), stringOr(device.label, '')].filter((part) => part !== '').join(' · '),
    roundTripMs: numberOr(value.roundTripMs, null),
    spans: listOf(value.spans, readSpan)
  }
}

function readModel (value: unknown): SwarmModel | undefined {
  if (!isRecord(value) || typeof value.modelId !== 'string') return undefined
  const coverage = listOf(value.coverage, (each) => numberOr(each, 0))
  return { modelId: value.modelId, model: stringOr(value.model, '') || value.modelId, layerCount: coverage.length, coverage, covered: value.covered === true }
}

export function readSwarm (value: unknown): SwarmView {
  const view = isRecord(value) ? value : {}
  const repairs = isRecord(view.repairs) ? Object.values(view.repairs) : []
  return {
    self: stringOr(view.self, ''),
    nodes: listOf(view.nodes, readNode),
    models: listOf(view.models, readModel),
    repairs: repairs.reduce<number>((sum, count) => sum + numberOr(count, 0), 0)
  }
}

export function readRepair (value: unknown): Repair | undefined {
  if (!isRecord(value)) return undefined
  return { atMs: numberOr(value.atMs, 0), lost: listOf(value.lost, readStage), tookMs: numberOr(value.tookMs, 0), replayed: numberOr(value.replayed, 0) }
}

function readHop (value: unknown): HopTiming | undefined {
  const stage = readStage(value)
  if (stage === undefined || !isRecord(value)) return undefined
  const count = (name: string): number => numberOr(value[name], 0)
  return { ...stage, laps: count('laps'), queueMs: count('queueMs'), computeMs: count('computeMs'), sendMs: count('sendMs'), bytesSent: count('bytesSent') }
}

function readSession (value: unknown): Session | undefined {
  if (!isRecord(value) || typeof value.id !== 'string') return undefined
  const state = (['running', 'done', 'cancelled', 'failed'] as const).find((each) => each === value.state)
  return state === undefined
    ? undefined
    : {
        id: value.id,
        modelId: stringOr(value.modelId, ''),
        route: listOf(value.route, readStage),
        startedAtMs: numberOr(value.startedAtMs, 0),
        tokens: numberOr(value.tokens, 0),
        tokensPerSecond: numberOr(value.tokensPerSecond, 0),
        ttftMs: numberOr(value.ttftMs, null),
        state,
        repairs: listOf(value.repairs, readRepair),
        hops: listOf(value.hops, readHop)
      }
}

/** Undefined for kinds that this page does not know. */
export function readActivity (value: unknown): ActivityEvent | undefined {
  if (!isRecord(value)) return undefined
  const session = readSession(value.session)
  switch (value.kind) {
    case 'hello': return { kind: 'hello', peerId: stringOr(value.peerId, ''), sessions: listOf(value.sessions, readSession) }
    case 'session': return session === undefined ? undefined : { kind: 'session', session }
    case 'tokens': return {
      kind: 'tokens', id: stringOr(value.id, ''), tokens: numberOr(value.tokens, 0), tokensPerSecond: numberOr(value.tokensPerSecond, 0), ttftMs: numberOr(value.ttftMs, null)
    }
    case 'node': return { kind: 'node', peerId: stringOr(value.peerId, ''), name: stringOr(value.name, ''), here: value.here === true }
    case 'swarm': return { kind: 'swarm' }
    case 'bye': return { kind: 'bye' }
    default: return undefined
  }
}
