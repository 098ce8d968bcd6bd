/** Keeps what `GET /api/events` tells of: counts, routes and times of answers that this node works on or asks for, and who is in the swarm. No content. */
import type { AnswerObserver } from './answer-watch.ts'
import type { ActivityEvent, ActivityFeed, RepairView, SessionView } from '../gateway/index.ts'
import type { GenerateEvent } from '../pipeline/index.ts'

const MAX_ENDED = 16
const MAX_REPAIRS = 16

interface Seen {
  readonly peerId: string
  readonly name: string
}

export interface ActivityComponents {
  /** Unix ms. */
  now (): number
}

export interface Surroundings {
  /** This node. */
  readonly peerId: string
  /** Live nodes but this one. */
  nodes (): readonly Seen[]
  /** Calls back after any change of `nodes()`; returns the way to stop that. */
  onChange (listener: () => void): () => void
}

export interface Activity extends ActivityFeed {
  /** Of one answer. */
  answer (about: { readonly modelId: string }): AnswerObserver
  /** Tells who comes and goes too; returns the way to stop that. */
  follow (surroundings: Surroundings): () => Promise<void>
}

export function activity ({ now }: ActivityComponents): Activity {
  const sessions = new Map<string, SessionView>()
  const listeners = new Set<(event: ActivityEvent) => void>()
  let self = ''

  const tell = (event: ActivityEvent): void => { listeners.forEach((listener) => { listener(event) }) }

  function follow ({ peerId, nodes, onChange }: Surroundings): () => Promise<void> {
    self = peerId
    const namesNow = (): Map<string, string> => new Map(nodes().map((node) => [node.peerId, node.name]))
    let known = namesNow()
    const unwatch = onChange(() => {
      const before = known
      known = namesNow()
      for (const [id, name] of known) if (!before.has(id)) tell({ kind: 'node', peerId: id, name, here: true })
      for (const [id, name] of before) if (!known.has(id)) tell({ kind: 'node', peerId: id, name, here: false })
      tell({ kind: 'swarm' })
    })
    return () => {
      unwatch()
      return Promise.resolve()
    }
  }

  /** Of those that have ended the newest stay. */
  const keep = (session: SessionView): void => {
    sessions.set(session.id, session)
    if (session.state === 'running') return
    const ended = [...sessions.values()].filter(({ state }) => state !== 'running')
    ended.slice(0, Math.max(0, ended.length - MAX_ENDED)).forEach(({ id }) => sessions.delete(id))
  }

  const answer = ({ modelId }: { readonly modelId: string }): AnswerObserver => {
    let session: SessionView | undefined
    let firstMs = 0
    const change = (changes: Partial<SessionView>): void => {
      if (session === undefined) return
      session = { ...session, ...changes }
      keep(session)
      tell({ kind: 'session', session })
    }
    return {
      event (event: GenerateEvent) {
        if (event.kind === 'started') {
          session = {
            id: event.sessionId,
            modelId,
            route: event.route,
            startedAtMs: now(),
            promptTokens: event.promptTokens,
            tokens: 0,
            tokensPerSecond: 0,
            ttftMs: null,
            state: 'running',
            finishReason: null,
            repairs: [],
            hops: []
          }
          change({})
        } else if (session === undefined) {
          return
        } else if (event.kind === 'token') {
          const atMs = now()
          if (session.tokens === 0) firstMs = atMs
          const tokens = session.tokens + 1
          const ttftMs = session.ttftMs ?? atMs - session.startedAtMs
          const tokensPerSecond = atMs > firstMs ? (tokens - 1) * 1000 / (atMs - firstMs) : 0
          session = { ...session, tokens, tokensPerSecond, ttftMs }
          sessions.set(session.id, session)
          tell({ kind: 'tokens', id: session.id, tokens, tokensPerSecond, ttftMs })
        } else if (event.kind === 'repaired') {
          const { lost, tookMs, replayed, route } = event
          const repair: RepairView = { atMs: now(), lost, tookMs: Math.round(tookMs), replayed }
          change({ route, repairs: [...session.repairs, repair].slice(-MAX_REPAIRS) })
        } else if (event.kind === 'done') {
          const { finishReason, timings, route, hops, usage } = event
          change({
            route,
            hops: hops ?? [],
            finishReason,
            tokens: usage.completionTokens,
            tokensPerSecond: timings.tokensPerSecond,
            ttftMs: Math.round(timings.ttftMs),
            state: finishReason === 'cancelled' ? 'cancelled' : finishReason === 'error' ? 'failed' : 'done'
          })
        }
      },
      end (failure) {
        if (session?.state !== 'running') return
        const isFailed = failure !== undefined && failure !== 'AbortError'
        change({ state: isFailed ? 'failed' : 'cancelled', finishReason: isFailed ? 'error' : 'cancelled' })
      }
    }
  }

  return {
    answer,
    follow,
    hello: () => ({ kind: 'hello', peerId: self, sessions: [...sessions.values()] }),

    watch (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    }
  }
}
