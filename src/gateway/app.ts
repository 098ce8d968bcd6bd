/** The gateway's application of web-standard requests: tests need no socket. */
import { Hono } from 'hono'
import { answers } from './answers.ts'
import { wholeBody } from './body.ts'
import { cors } from './cors.ts'
import { HttpError, httpError } from './errors.ts'
import { gate, isOpen } from './gate.ts'
import { page } from './page.ts'
import { newId } from './params.ts'
import { forPrincipal } from './principals.ts'
import { queue } from './queue.ts'
import { refusals, type Refusals } from './refusals.ts'
import { answerRoutes } from './routes/answers.ts'
import { countRequests, metricsRoutes } from './routes/metrics.ts'
import { modelRoutes } from './routes/models.ts'
import { nodeRoutes } from './routes/node.ts'
import { textRoutes } from './routes/text.ts'
import type { Caller } from './callers.ts'
import type { Env } from './env.ts'
import type { RouteComponents, Routes } from './routes/types.ts'
import type { AppInit, GatewayComponents } from './types.ts'

const MAX_BODY_BYTES = 8 * 1024 * 1024
const MAX_PROMPT_CHARACTERS = 2_000_000
const AT_ONCE = 64
const WAITING = 256
/** Sessions that look for a route and open it at once: more only keep one another, and the nodes, from it. */
const BEGINNING = 8
const STALLED_MS = 120_000

/** Each adds the paths of one subject. */
const routes: readonly Routes[] = [answerRoutes, modelRoutes, textRoutes, nodeRoutes, metricsRoutes]

export interface GatewayApp {
  readonly app: Hono<Env>
  /** Sends away whoever waits in line and whoever comes, and ends streams that have no end of their own; those that are being answered go on. */
  close (): void
  /** For what is refused before it is a request. */
  readonly refusals: Refusals
}

export function gatewayApp (components: GatewayComponents, init: AppInit): GatewayApp {
  const { logger } = components
  const app = new Hono<Env>()
  const slow = refusals()

  app.use(async (c, next) => {
    await next()
    const caller = c.get('caller') as Caller | undefined // `as`: a request that was refused earlier has none
    if (c.res.status >= 400 && c.res.status < 500 && caller !== undefined && caller.address !== '') await slow.refused(caller.address)
  })
  app.use(async (c, next) => {
    const started = performance.now()
    c.set('requestId', newId('req'))
    c.header('x-shoal-request-id', c.get('requestId'))
    await next()
    logger.info({ requestId: c.get('requestId'), method: c.req.method, path: c.req.path, status: c.res.status, ms: Math.round(performance.now() - started) }, 'request')
  })
  app.use(countRequests(components))
  app.use(cors({ open: isOpen(init), origins: init.origins ?? [] }))
  // whoever has no key yet gives it to the page
  app.route('/', page(init.pages))
  app.use(gate(components, init))
  app.use(wholeBody({ maxBytes: init.maxBodyBytes ?? MAX_BODY_BYTES, deadlineMs: init.bodyDeadlineMs }))
  app.onError((error, c) => {
    const failure = httpError(error)
    if (failure.status >= 500) logger.warn({ requestId: c.get('requestId'), error: failure.cause instanceof Error ? failure.cause.name : failure.name }, 'a request failed')
    if (failure.retryAfterS != null) c.header('retry-after', String(failure.retryAfterS))
    if (failure.status === 401) c.header('www-authenticate', 'Bearer')
    return c.json(failure.body, failure.status)
  })
  app.notFound(() => { throw new HttpError('there is nothing here; see /v1/models', { status: 404 }) })

  const line = queue({ atOnce: init.atOnce ?? AT_ONCE, waiting: init.waiting ?? WAITING, beginning: BEGINNING })
  components.metrics?.line(line)
  const ending = new AbortController()
  const routed: RouteComponents = {
    ...components,
    stalledMs: init.stalledMs ?? STALLED_MS,
    ended: ending.signal,
    handlersFor: (c) => {
      const principal = c.get('principal')
      const requestId = c.get('requestId')
      const generator = forPrincipal({ models: components.generator.models, generate: (request, options) => components.generator.generate(request, { ...options, requestId }) }, principal)
      return { generator, answers: answers({ generator, line }, { ...init, priority: principal.priority }), maxPromptCharacters: init.maxPromptCharacters ?? MAX_PROMPT_CHARACTERS }
    }
  }
  for (const add of routes) add(app, routed)
  return {
    app,
    refusals: slow,
    close () {
      ending.abort()
      line.close()
    }
  }
}
