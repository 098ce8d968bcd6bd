/** Which web pages may use the gateway from a browser. */
import { isLoopback } from './access.ts'
import { HttpError } from './errors.ts'
import type { MiddlewareHandler } from 'hono'

export interface CorsInit {
  /** Others than programs of this machine may come: they need keys. */
  readonly open: boolean
  /** Of pages, such as `https://chat.example`; `*`: all. */
  readonly origins: readonly string[]
}

const EXPOSED = 'x-shoal-request-id, x-shoal-route, server-timing, retry-after, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens'
/** What OpenAI's and other libraries send from a browser. */
const HEADER = /^(accept|authorization|content-type|idempotency-key|user-agent|http-referer|x-title|x-request-id|(openai|x-stainless|x-shoal)-[a-z-]{1,64})$/
const MAX_AGE_S = 600
const MAX_HEADERS = 64

function isLoopbackPage (origin: string): boolean {
  try {
    return isLoopback(new URL(origin).hostname)
  } catch {
    return false
  }
}

/** Of those that a page wants to send, those that mean something here. */
function allowed (asked: string | undefined): string {
  const named = (asked ?? '').split(',').slice(0, MAX_HEADERS).map((name) => name.trim().toLowerCase())
  return [...new Set(['authorization', 'content-type', ...named.filter((name) => HEADER.test(name))])].join(', ')
}

/**
 * On loopback, pages of this machine may and others are refused: nothing else stands between them and the model. On any other
 * address the key does; pages that are not named there are not refused, but browsers don't show them the answer.
 */
export function cors ({ open, origins }: CorsInit): MiddlewareHandler {
  const local = !open
  const named = new Set(origins)
  const may = (origin: string): boolean => named.has('*') || named.has(origin) || (local && isLoopbackPage(origin))
  return async (c, next) => {
    const origin = c.req.header('origin')
    if (origin == null) {
      await next()
      return undefined
    }
    if (!may(origin)) {
      if (local) throw new HttpError('pages of other sites may not use this gateway; start the node with --http-origin to allow one', { status: 403, code: 'wrong_origin' })
      await next()
      return undefined
    }
    c.header('access-control-allow-origin', origin)
    c.header('vary', 'origin')
    c.header('access-control-expose-headers', EXPOSED)
    if (c.req.method === 'OPTIONS') {
      c.header('access-control-allow-methods', 'GET, POST')
      c.header('access-control-allow-headers', allowed(c.req.header('access-control-request-headers')))
      c.header('access-control-max-age', String(MAX_AGE_S))
      // a page of the internet that asks for an address of this machine or network
      if (c.req.header('access-control-request-private-network') === 'true') c.header('access-control-allow-private-network', 'true')
      return c.body(null, 204)
    }
    await next()
    return undefined
  }
}
