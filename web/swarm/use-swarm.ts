/** Keeps the swarm's state up to date for as long as the page is open. */
import { useEffect, useReducer } from 'preact/hooks'
import type { Api } from '../net/api.ts'
import { parseJson } from '../net/json.ts'
import { readSse } from '../net/sse.ts'
import { readActivity, readSwarm } from '../net/swarm-types.ts'
import { EMPTY_SWARM, swarmReducer, type SwarmAction, type SwarmState } from './swarm-state.ts'

const LOOK_EVERY_MS = 2000
const LOOK_AT_MOST_EVERY_MS = 500
const RECONNECT_MS = [500, 1000, 2000, 5000] as const

interface Watching {
  stop (): void
}

interface WatchInit {
  readonly api: Api
  dispatch (action: SwarmAction): void
}

const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    }, { once: true })
  })
}

function watch ({ api, dispatch }: WatchInit): Watching {
  const ending = new AbortController()
  const { signal } = ending
  let due = 0
  let looking: Promise<void> | undefined

  const look = async (): Promise<void> => {
    try {
      dispatch({ kind: 'view', view: readSwarm(await api.get('/api/swarm', signal)), atMs: Date.now() })
    } catch { /* the connection's state says so */ }
  }
  /** At once, or as soon as the last look is long enough ago. */
  const lookSoon = (): void => {
    looking ??= (async () => {
      await wait(Math.max(0, due - performance.now()), signal)
      due = performance.now() + LOOK_AT_MOST_EVERY_MS
      if (!signal.aborted) await look()
      looking = undefined
    })()
  }

  const listen = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        const { body } = await api.open('/api/events', { signal })
        for await (const item of readSse(body ?? new ReadableStream())) {
          failures = 0
          const event = item.kind === 'event' ? readActivity(parseJson(item.data)) : undefined
          if (event?.kind === 'hello') dispatch({ kind: 'connection', connection: 'live' })
          if (event !== undefined) dispatch({ kind: 'activity', event, atMs: Date.now() })
          if (event !== undefined && event.kind !== 'tokens') lookSoon()
        }
      } catch { /* tried again below */ }
      if (signal.aborted) return
      dispatch({ kind: 'connection', connection: 'lost' })
      await wait(RECONNECT_MS[Math.min(failures++, RECONNECT_MS.length - 1)] ?? 0, signal)
    }
  }

  const timer = setInterval(() => { if (!document.hidden) lookSoon() }, LOOK_EVERY_MS)
  lookSoon()
  void listen()
  return {
    stop () {
      clearInterval(timer)
      ending.abort()
    }
  }
}

/** Begins anew with each `key`. */
export function useSwarm (api: Api, key: string): SwarmState {
  const [state, dispatch] = useReducer(swarmReducer, EMPTY_SWARM)
  useEffect(() => {
    const watching = watch({ api, dispatch })
    return () => { watching.stop() }
  }, [api, key])
  return state
}
