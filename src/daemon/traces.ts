/** What became of the last answers: ids, routes and times. Nothing of what was asked or answered. */
import { z } from 'zod'
import type { GenerateEvent } from '../pipeline/index.ts'

const ms = z.number().min(0)
const count = z.int().min(0)
const stage = z.object({ peerId: z.string(), span: z.tuple([count, count]) })
const work = z.object({ laps: count, rows: count, queueMs: ms, computeMs: ms, sendMs: ms, bytesSent: count })

export const traceSchema = z.object({
  sessionId: z.string(),
  /** `x-shoal-request-id` of the gateway; null for an answer that a thin client asked for. */
  requestId: z.string().nullable(),
  modelId: z.string(),
  /** Whether this node coordinates it. */
  coordinator: z.enum(['here', 'elsewhere']),
  /** Unix time in ms. */
  startedAtMs: z.number(),
  state: z.enum(['running', 'done', 'failed', 'left']),
  finishReason: z.string().nullable(),
  /** The error's name. */
  error: z.string().nullable(),
  promptTokens: count,
  cachedTokens: count,
  completionTokens: count,
  /** Null until it is known. */
  timings: z.object({ openMs: ms.nullable(), ttftMs: ms.nullable(), totalMs: ms, tokensPerSecond: ms }),
  /** The longest time between two tokens. */
  slowestMs: ms,
  route: z.array(stage),
  /** Of stages that told. */
  hops: z.array(z.object({ ...stage.shape, ...work.shape, prefill: work.nullable() })),
  /** Of the answer's repairs, the first ones. */
  repairs: z.array(z.object({ lost: z.array(stage), tookMs: ms, replayed: count }))
})

export type Trace = z.infer<typeof traceSchema>

/** An answer at work. */
export interface Tracing {
  event (event: GenerateEvent): void
  /** By its name: a message may quote what was asked. */
  failed (name: string): void
  /** It is over, whatever it came to. */
  end (): void
}

export interface TraceOf {
  readonly modelId: string
  readonly requestId?: string | undefined
  readonly coordinator: Trace['coordinator']
}

export interface Traces {
  begin (about: TraceOf): Tracing
  /** Those at work and the last ones that are over, the newest first; of those that never began none. */
  list (): readonly Trace[]
  /** By the session's id or the request's, or the beginning of one. */
  find (id: string): readonly Trace[]
}

export interface TracesInit {
  /** @default 100 */
  readonly kept?: number
  /** Answers at work that are listed. @default 256 */
  readonly running?: number
}

export interface TracesComponents {
  now (): number
  /** Unix time in ms. */
  wallMs (): number
}

const MAX_REPAIRS = 16

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

export function traces ({ now, wallMs }: TracesComponents, { kept = 100, running: mostRunning = 256 }: TracesInit = {}): Traces {
  const over: Trace[] = []
  const running = new Map<Tracing, () => Trace>()

  function begin ({ modelId, requestId, coordinator }: TraceOf): Tracing {
    const beganMs = now()
    const trace: Mutable<Trace> = {
      sessionId: '',
      requestId: requestId ?? null,
      modelId,
      coordinator,
      startedAtMs: wallMs(),
      state: 'running',
      finishReason: null,
      error: null,
      promptTokens: 0,
      cachedTokens: 0,
      completionTokens: 0,
      timings: { openMs: null, ttftMs: null, totalMs: 0, tokensPerSecond: 0 },
      slowestMs: 0,
      route: [],
      hops: [],
      repairs: []
    }
    let firstMs: number | undefined
    let lastMs = 0

    function token (): void {
      const atMs = now()
      trace.completionTokens++
      if (firstMs === undefined) firstMs = atMs
      else trace.slowestMs = Math.max(trace.slowestMs, atMs - lastMs)
      lastMs = atMs
    }

    /** As far as it is: without what only the end tells. */
    const soFar = (): Trace => ({
      ...trace,
      timings: {
        openMs: trace.timings.openMs,
        ttftMs: firstMs === undefined ? null : firstMs - beganMs,
        totalMs: now() - beganMs,
        tokensPerSecond: firstMs === undefined || lastMs <= firstMs ? 0 : (trace.completionTokens - 1) / (lastMs - firstMs) * 1000
      }
    })

    const tracing: Tracing = {
      event (event) {
        switch (event.kind) {
          case 'token':
            token()
            return
          case 'started':
            trace.sessionId = event.sessionId
            trace.promptTokens = event.promptTokens
            trace.route = stagesOf(event.route)
            return
          case 'repaired':
            trace.route = stagesOf(event.route)
            if (trace.repairs.length < MAX_REPAIRS) trace.repairs = [...trace.repairs, { lost: stagesOf(event.lost), tookMs: event.tookMs, replayed: event.replayed }]
            return
          case 'done': {
            const { finishReason, usage, route, hops = [], timings: { openMs, ttftMs, totalMs, tokensPerSecond } } = event
            Object.assign(trace, {
              state: 'done',
              finishReason,
              ...usage,
              timings: { openMs: openMs ?? null, ttftMs, totalMs, tokensPerSecond },
              route: stagesOf(route),
              hops: hops.map(({ prefill, span: [start, end], ...rest }) => ({ ...rest, span: [start, end], prefill: prefill ?? null }))
            })
            return
          }
          default:
            // what is said
        }
      },

      failed (name) {
        trace.state = 'failed'
        trace.error = name
      },

      end () {
        running.delete(tracing)
        if (trace.sessionId === '') return
        if (trace.state === 'running') trace.state = 'left'
        over.unshift(trace.state === 'done' ? trace : soFar())
        over.splice(kept)
      }
    }
    if (running.size < mostRunning) running.set(tracing, soFar)
    return tracing
  }

  const list = (): Trace[] => [...[...running.values()].map((soFar) => soFar()).filter(({ sessionId }) => sessionId !== '').reverse(), ...over]

  return {
    begin,
    list,
    find: (id) => id === '' ? [] : list().filter(({ sessionId, requestId }) => sessionId.startsWith(id) || requestId?.startsWith(id) === true)
  }
}

const stagesOf = (route: ReadonlyArray<{ readonly peerId: string, readonly span: readonly [number, number] }>): Trace['route'] =>
  route.map(({ peerId, span: [start, end] }) => ({ peerId, span: [start, end] }))
