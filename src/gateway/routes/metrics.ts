import { matchedRoutes } from 'hono/route'
import { HttpError } from '../errors.ts'
import type { Env } from '../env.ts'
import type { GatewayComponents } from '../types.ts'
import type { Hono, MiddlewareHandler } from 'hono'

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

/** Counts requests by the template of their route: a path that is none here is `other`, whatever it is. */
export function countRequests ({ metrics }: Pick<GatewayComponents, 'metrics'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    const done = metrics?.request()
    await next()
    const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path ?? 'other'
    done?.({ route, method: METHODS.has(c.req.method) ? c.req.method : 'other', status: c.res.status })
  }
}

/** For Prometheus. */
export function metricsRoutes (app: Hono<Env>, { metrics }: Pick<GatewayComponents, 'metrics'>): void {
  app.get('/metrics', async (c) => {
    if (metrics === undefined) throw new HttpError('this node counts nothing', { status: 404 })
    return c.body(await metrics.text(), 200, { 'content-type': metrics.contentType })
  })
}
