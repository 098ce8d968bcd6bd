/** What the page knows of the swarm, from looks at `/api/swarm` and from events. Pure. */
import { layersText } from './geometry.ts'
import type { ActivityEvent, Range, Repair, RouteStage, Session, SwarmView } from '../net/swarm-types.ts'

export interface LostNode {
  readonly peerId: string
  readonly name: string
  readonly modelId: string
  readonly span: Range
  readonly atMs: number
}

export interface LogEntry {
  readonly id: number
  readonly atMs: number
  readonly kind: 'came' | 'went' | 'repair'
  readonly text: string
}

export interface SwarmState {
  readonly view: SwarmView | undefined
  readonly connection: 'connecting' | 'live' | 'lost'
  /** As begun; the newest last. */
  readonly sessions: readonly Session[]
  readonly lost: readonly LostNode[]
  /** The newest first. */
  readonly log: readonly LogEntry[]
  readonly names: ReadonlyMap<string, string>
}

export type SwarmAction =
  | { readonly kind: 'view', readonly view: SwarmView, readonly atMs: number }
  | { readonly kind: 'activity', readonly event: ActivityEvent, readonly atMs: number }
  | { readonly kind: 'connection', readonly connection: SwarmState['connection'] }

const MAX_LOG = 30
const MAX_SESSIONS = 64
const MAX_NAMES = 2000
/** How long a lost node stays in the picture. */
const LOST_MS = 30_000
/** What a node is believed to serve after it was lost, unless it is lost indeed. */
const DOUBT_MS = 5_000

export const EMPTY_SWARM: SwarmState = { view: undefined, connection: 'connecting', sessions: [], lost: [], log: [], names: new Map() }

/** What a peer is called, or the end of its id. */
export const nameOf = ({ names }: Pick<SwarmState, 'names'>, peerId: string): string => names.get(peerId) ?? peerId.slice(-8)

/** The session that is shown: the newest that runs, else the newest. */
export function shownSession ({ sessions }: SwarmState, modelId: string | undefined): Session | undefined {
  const own = sessions.filter((session) => modelId === undefined || session.modelId === modelId)
  return own.findLast(({ state }) => state === 'running') ?? own.at(-1)
}

/** `amber took over layers 3 to 5`, for the stages that were not there before. */
function replacedText (state: SwarmState, before: readonly RouteStage[], after: readonly RouteStage[]): string {
  const fresh = after.filter(({ peerId, span }) => !before.some((stage) => stage.peerId === peerId && stage.span[0] === span[0] && stage.span[1] === span[1]))
  return fresh.map(({ peerId, span }) => `${nameOf(state, peerId)} took over ${layersText(span)}`).join(', ')
}

export function repairText (state: SwarmState, { lost, tookMs, replayed }: Repair, before: readonly RouteStage[], after: readonly RouteStage[]): string {
  const gone = lost.map(({ peerId, span }) => `${nameOf(state, peerId)} (${layersText(span)})`).join(', ')
  const replaced = replacedText(state, before, after)
  const again = replayed > 0 ? `, ${replayed} position${replayed === 1 ? '' : 's'} again` : ''
  return `${gone === '' ? 'The route was mended' : `Lost ${gone}`}${replaced === '' ? '' : `: ${replaced}`} in ${Math.round(tookMs)} ms${again}`
}

const logged = (state: SwarmState, kind: LogEntry['kind'], text: string, atMs: number): SwarmState =>
  ({ ...state, log: [{ id: (state.log[0]?.id ?? 0) + 1, atMs, kind, text }, ...state.log].slice(0, MAX_LOG) })

function named (state: SwarmState, pairs: ReadonlyArray<readonly [string, string]>): SwarmState {
  const fresh = pairs.filter(([peerId, name]) => name !== '' && state.names.get(peerId) !== name)
  return fresh.length === 0 ? state : { ...state, names: new Map([...state.names, ...fresh].slice(-MAX_NAMES)) }
}

function withSession (state: SwarmState, session: Session, atMs: number): SwarmState {
  const before = state.sessions.find(({ id }) => id === session.id)
  const sessions = before === undefined
    ? [...state.sessions, session].slice(-MAX_SESSIONS)
    : state.sessions.map((each) => each === before ? session : each)
  const fresh = session.repairs.filter((repair) => before === undefined ? repair.atMs > atMs - LOST_MS : !before.repairs.some(({ atMs: known }) => known === repair.atMs))
  return fresh.reduce<SwarmState>((changed, repair) => {
    const lost = repair.lost.map(({ peerId, span }) => ({ peerId, name: nameOf(changed, peerId), modelId: session.modelId, span, atMs }))
    const next = { ...changed, lost: [...changed.lost.filter((each) => !lost.some(({ peerId }) => peerId === each.peerId)), ...lost] }
    return logged(next, 'repair', repairText(changed, repair, before?.route ?? [], session.route), repair.atMs)
  }, { ...state, sessions })
}

function happened (state: SwarmState, event: ActivityEvent, atMs: number): SwarmState {
  switch (event.kind) {
    case 'hello': return event.sessions.reduce<SwarmState>((changed, session) => withSession(changed, session, atMs), { ...state, sessions: state.sessions.filter(({ id }) => event.sessions.some((each) => each.id === id)) })
    case 'session': return withSession(state, event.session, atMs)
    case 'tokens': {
      const { tokens, tokensPerSecond, ttftMs } = event
      return { ...state, sessions: state.sessions.map((session) => session.id === event.id ? { ...session, tokens, tokensPerSecond, ttftMs } : session) }
    }
    case 'node': {
      const called = named(state, [[event.peerId, event.name]])
      const name = nameOf(called, event.peerId)
      return event.here
        ? logged({ ...called, lost: called.lost.filter(({ peerId }) => peerId !== event.peerId) }, 'came', `${name} joined`, atMs)
        : logged(called, 'went', `${name} is gone`, atMs)
    }
    case 'swarm': return state
    case 'bye': return { ...state, connection: 'lost' }
  }
}

export function swarmReducer (state: SwarmState, action: SwarmAction): SwarmState {
  switch (action.kind) {
    case 'view': return {
      ...named(state, action.view.nodes.map(({ peerId, name }) => [peerId, name] as const)),
      view: action.view,
      lost: state.lost.filter(({ peerId, atMs }) => action.atMs - atMs < (action.view.nodes.some((node) => node.peerId === peerId) ? DOUBT_MS : LOST_MS))
    }
    case 'activity': return happened(state, action.event, action.atMs)
    case 'connection': return { ...state, connection: action.connection }
  }
}

/** The picture in words. */
export function ringText (state: SwarmState, modelId: string): string {
  const model = state.view?.models.find((each) => each.modelId === modelId)
  if (model === undefined) return 'Nobody serves a model.'
  const missing = model.coverage.filter((count) => count === 0).length
  const session = shownSession(state, modelId)
  const route = session === undefined ? '' : ` ${session.state === 'running' ? 'An answer goes' : 'The last answer went'} over ${session.route.map(({ peerId, span }) => `${nameOf(state, peerId)} (${layersText(span)})`).join(', then ')}.`
  return `${model.model}: ${model.layerCount} layers, ${missing === 0 ? 'all served' : `${missing} served by nobody`}.${route}`
}
