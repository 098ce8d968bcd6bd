/** From a request's body to its response: whole, or as server-sent events. */
import { socketsOf } from './access.ts'
import { HttpError } from './errors.ts'
import { serverTiming } from './outcome.ts'
import { routeHeader } from './route-header.ts'
import { sse, SseRoute } from './sse.ts'
import type { Done } from './answers.ts'
import type { Env } from './env.ts'
import type { GatewayLogger } from './types.ts'
import type { Context } from 'hono'

/** What a handler hands back: one JSON body, or what to stream. */
export type Reply =
  | { readonly kind: 'whole', readonly body: object, readonly done: readonly Done[] }
  | { readonly kind: 'stream', readonly items: AsyncIterator<object, unknown> }

export type Handler = (body: unknown, signal: AbortSignal) => Promise<Reply>

export async function jsonBody (c: Context<Env>): Promise<unknown> {
  return await c.req.json<unknown>().catch((error: unknown) => {
    if (error instanceof HttpError) throw error
    throw new HttpError('the body has to be JSON', { status: 400 })
  })
}

export interface ReplyInit {
  readonly logger: GatewayLogger
  readonly stalledMs: number
}

/** Runs a handler with a signal that ends when the client goes away, and sends what it hands back. */
export const replyWith = ({ logger, stalledMs }: ReplyInit) => async (c: Context<Env>, handle: Handler): Promise<Response> => {
  const controller = new AbortController()
  const gone = c.req.raw.signal
  const leave = (): void => { controller.abort() }
  const body = await jsonBody(c)
  gone.addEventListener('abort', leave, { once: true })
  // A request is kept as long as its signal has listeners: none may stay when the answer is over, or is none.
  const stay = (): void => { gone.removeEventListener('abort', leave) }
  if (gone.aborted) leave()
  let items: AsyncIterator<object> | undefined
  try {
    const answered = await handle(body, controller.signal)
    if (answered.kind === 'whole') {
      stay()
      c.header('x-shoal-route', routeHeader(answered.done[0]?.route ?? []))
      c.header('server-timing', serverTiming(answered.done))
      return c.json(answered.body)
    }
    ;({ items } = answered)
    // What fails before there is anything to send has a status; a route that is known by then is a header.
    const first = await answered.items.next()
    if (first.done !== true && first.value instanceof SseRoute) c.header('x-shoal-route', routeHeader(first.value.route))
    c.header('content-type', 'text/event-stream; charset=utf-8')
    c.header('cache-control', 'no-cache')
    c.header('x-accel-buffering', 'no')
    const { outgoing } = socketsOf(c)
    return c.body(sse(answered.items, {
      first: first.done === true || first.value instanceof SseRoute ? undefined : first.value,
      controller,
      stalledMs,
      cut: outgoing == null ? undefined : () => { outgoing.destroy() },
      onEnd: (error) => {
        stay()
        if (error != null) logger.warn({ requestId: c.get('requestId'), error: error instanceof Error ? error.name : typeof error }, 'a stream failed')
      }
    }))
  } catch (error) {
    stay()
    // nobody will read on
    leave()
    await items?.return?.()
    throw error
  }
}
