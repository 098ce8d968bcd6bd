/** The gateway's routes, as an application of web-standard requests: tests need no socket. */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { access } from './access.ts'
import { routeHeader, serverTiming } from './answer.ts'
import { chatCompletion } from './chat.ts'
import { completion } from './completions.ts'
import { HttpError, httpError } from './errors.ts'
import { chooseModel, newId } from './params.ts'
import { peerPage } from './peer-page.ts'
import { chatRequest, completionRequest, parse } from './schema.ts'
import { sse } from './sse.ts'
import type { GatewayComponents, GatewayModel } from './types.ts'
import type { Reply } from './reply.ts'
import type { Context } from 'hono'

const MAX_BODY_BYTES = 8 * 1024 * 1024

export interface AppInit {
  readonly host: string
  readonly apiKeys?: readonly string[]
  readonly maxBodyBytes?: number
  readonly pages?: string
}

interface Env {
  Variables: { requestId: string }
}

export function gatewayApp (components: GatewayComponents, init: AppInit): Hono<Env> {
  const { generator, logger } = components
  const app = new Hono<Env>()

  app.use(async (c, next) => {
    const started = performance.now()
    c.set('requestId', newId('req'))
    c.header('x-shoal-request-id', c.get('requestId'))
    await next()
    logger.info({ requestId: c.get('requestId'), method: c.req.method, path: c.req.path, status: c.res.status, ms: Math.round(performance.now() - started) }, 'request')
  })
  app.use(access({ host: init.host, apiKeys: init.apiKeys ?? [] }))
  app.use(bodyLimit({
    maxSize: init.maxBodyBytes ?? MAX_BODY_BYTES,
    onError: () => { throw new HttpError('the request is too large', { status: 413, code: 'request_too_large' }) }
  }))
  app.onError((error, c) => {
    const failure = httpError(error)
    if (failure.status >= 500) logger.warn({ requestId: c.get('requestId'), error: failure.cause instanceof Error ? failure.cause.name : failure.name }, 'a request failed')
    if (failure.retryAfterS != null) c.header('retry-after', String(failure.retryAfterS))
    if (failure.status === 401) c.header('www-authenticate', 'Bearer')
    return c.json(failure.body, failure.status)
  })
  app.notFound(() => { throw new HttpError('there is nothing here; see /v1/models', { status: 404 }) })

  /** Runs a handler with a signal that ends when the client goes away, and sends what it hands back. */
  const reply = async (c: Context<Env>, handle: (body: unknown, signal: AbortSignal) => Promise<Reply>): Promise<Response> => {
    const controller = new AbortController()
    const gone = c.req.raw.signal
    const leave = (): void => { controller.abort() }
    const body: unknown = await c.req.json().catch((error: unknown) => {
      if (error instanceof HttpError) throw error
      throw new HttpError('the body has to be JSON', { status: 400 })
    })
    gone.addEventListener('abort', leave, { once: true })
    // A request is kept as long as its signal has listeners: none may stay when the answer is over, or is none.
    const stay = (): void => { gone.removeEventListener('abort', leave) }
    if (gone.aborted) leave()
    const answered = await handle(body, controller.signal).catch((error: unknown) => {
      stay()
      throw error
    })
    if (answered.kind === 'whole') {
      stay()
      c.header('x-shoal-route', routeHeader(answered.done[0]?.route ?? []))
      c.header('server-timing', serverTiming(answered.done))
      return c.json(answered.body)
    }
    c.header('x-shoal-route', routeHeader(answered.route))
    c.header('content-type', 'text/event-stream; charset=utf-8')
    c.header('cache-control', 'no-cache')
    c.header('x-accel-buffering', 'no')
    return c.body(sse(answered.chunks, {
      controller,
      onEnd: (error) => {
        stay()
        if (error != null) logger.warn({ requestId: c.get('requestId'), error: error instanceof Error ? error.name : typeof error }, 'a stream failed')
      }
    }))
  }

  app.post('/v1/chat/completions', async (c) => await reply(c, async (body, signal) => await chatCompletion(generator, parse(chatRequest, body), signal)))
  app.post('/v1/completions', async (c) => await reply(c, async (body, signal) => await completion(generator, parse(completionRequest, body), signal)))

  const modelBody = ({ name, modelId, contextLength, createdS }: GatewayModel): object => ({
    id: name,
    object: 'model',
    created: createdS,
    owned_by: 'shoal',
    model_id: modelId,
    ...(contextLength == null ? {} : { context_length: contextLength })
  })
  app.get('/v1/models', async (c) => {
    const models = await generator.models({ signal: c.req.raw.signal })
    return c.json({ object: 'list', data: models.map(modelBody) })
  })
  app.get('/v1/models/:name{.+}', async (c) => c.json(modelBody(await chooseModel(generator, c.req.param('name'), c.req.raw.signal))))

  // As llama-server has it.
  app.post('/tokenize', async (c) => {
    const { content, model } = parse(z.object({ content: z.string(), model: z.string().nullish() }), await c.req.json<unknown>().catch(() => undefined))
    const chosen = await chooseModel(generator, model, c.req.raw.signal)
    if (chosen.encode == null) throw new HttpError('this node has not the tokenizer of that model', { status: 404, param: 'model' })
    return c.json({ tokens: chosen.encode(content) })
  })
  app.get('/health', (c) => (components.ready() ? c.json({ status: 'ok' }) : c.json({ status: 'loading' }, 503)))
  app.get('/api/swarm', (c) => c.json(components.swarm() ?? {}))
  app.route('/', peerPage(components.peer, init.pages))
  for (const path of ['/', '/metrics']) {
    app.get(path, () => { throw new HttpError(`not in this version yet: ${path === '/' ? 'the dashboard' : path}; see /api/swarm`, { status: 404 }) })
  }
  return app
}
