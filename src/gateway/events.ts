/** `GET /api/events`: activity as server-sent events, at most ten writes a second, and never more waiting for a client than there are things to tell of. */
import { setMaxListeners } from 'node:events'
import { HttpError } from './errors.ts'
import type { ActivityEvent, ActivityFeed } from './activity.ts'

const EVERY_MS = 100
const HEARTBEAT_MS = 15_000
const MAX_CLIENTS = 64
/** Things to tell of; beyond, everything is told anew. */
const MAX_WAITING = 512

/** Of one thing only the newest word counts. */
function keyOf (event: ActivityEvent): string {
  switch (event.kind) {
    case 'session': return `session ${event.session.id}`
    case 'tokens': return `tokens ${event.id}`
    case 'node': return `node ${event.peerId}`
    default: return event.kind
  }
}

export interface Outbox {
  add (event: ActivityEvent): void
  /** What is to be told, oldest first; empties it. */
  take (): ActivityEvent[]
  readonly size: number
}

/** What waits for one client. */
export function outbox (hello: () => ActivityEvent, maxWaiting = MAX_WAITING): Outbox {
  const waiting = new Map<string, ActivityEvent>()
  return {
    get size () { return waiting.size },
    add (event) {
      const key = keyOf(event)
      if (event.kind === 'session') waiting.delete(`tokens ${event.session.id}`)
      if (event.kind === 'hello') waiting.clear()
      waiting.delete(key)
      waiting.set(key, event)
      if (waiting.size <= maxWaiting) return
      waiting.clear()
      waiting.set('hello', hello())
    },
    take () {
      const events = [...waiting.values()]
      waiting.clear()
      return events
    }
  }
}

export interface EventStreams {
  /** @throws {HttpError} too many read already */
  open (): ReadableStream<Uint8Array>
}

/** @param ended ends every stream, with a last word */
export function eventStreams (feed: ActivityFeed, ended: AbortSignal): EventStreams {
  let clients = 0
  setMaxListeners(MAX_CLIENTS + 10, ended)
  return {
    open () {
      if (clients >= MAX_CLIENTS) throw new HttpError(`${clients} pages watch this node already`, { status: 503, code: 'too_many_watchers', retryAfterS: 10 })
      clients++
      const encoder = new TextEncoder()
      const box = outbox(() => feed.hello())
      let wake = (): void => { /* nobody waits */ }
      let timer: NodeJS.Timeout | undefined
      let lastMs = -Infinity
      let over = false
      box.add(feed.hello())
      const unwatch = feed.watch((event) => {
        box.add(event)
        wake()
      })
      const stop = (): void => { wake() }
      ended.addEventListener('abort', stop, { once: true })
      const end = (): void => {
        if (over) return
        over = true
        clients--
        clearTimeout(timer)
        unwatch()
        ended.removeEventListener('abort', stop)
        wake()
      }
      const sleep = async (ms: number): Promise<void> => {
        await new Promise<void>((resolve) => {
          wake = resolve
          timer = setTimeout(resolve, ms)
          timer.unref()
        })
        clearTimeout(timer)
      }
      return new ReadableStream<Uint8Array>({
        // Asked for when the client has taken what came before: a slow one finds the newest state, not a queue.
        pull: async (stream) => {
          if (box.size === 0 && !ended.aborted) await sleep(HEARTBEAT_MS)
          for (let left = lastMs + EVERY_MS - performance.now(); left > 0 && !over && !ended.aborted; left = lastMs + EVERY_MS - performance.now()) await sleep(left)
          if (over) return
          lastMs = performance.now()
          const events: ActivityEvent[] = [...box.take(), ...(ended.aborted ? [{ kind: 'bye' } as const] : [])]
          stream.enqueue(encoder.encode(events.length === 0 ? ': still here\n\n' : events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')))
          if (!ended.aborted) return
          end()
          stream.close()
        },
        cancel: end
      })
    }
  }
}
