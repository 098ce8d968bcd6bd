import { matchedRoutes } from 'hono/route'
import { HttpError } from '../errors.ts'
import type { Env } from '../env.ts'
import type { GatewayComponents } from '../types.ts'
import type { Hono, MiddlewareHandler } from 'hono'

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

/** Nobody hears of it. Every other failure is an answer by now: what comes this far is no error, as the reason that the server gives for a client that left. */
const CLIENT_LEFT = 499

/** Counts requests by the template of their route: a path that is none here is `other`, whatever it is. */
export function countRequests ({ metrics }: Pick<GatewayComponents, 'metrics'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    const done = metrics?.request()
    let status = CLIENT_LEFT
    try {
      await next()
      status = c.res.status
    } finally {
      const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path ?? 'other'
      done?.({ route, method: METHODS.has(c.req.method) ? c.req.method : 'other', status })
    }
  }
}

/** For Prometheus. */
export function metricsRoutes (app: Hono<Env>, { metrics }: Pick<GatewayComponents, 'metrics'>): void {
  app.get('/metrics', async (c) => {
    if (metrics === undefined) throw new HttpError('this node counts nothing', { status: 404 })
    return c.body(await metrics.text(), 200, { 'content-type': metrics.contentType })
  })
}
