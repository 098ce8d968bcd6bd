import assert from 'node:assert/strict'
import { gatewayApp, type GatewayMetrics } from '../../src/gateway/index.ts'
import { fakeGenerator, silent, type FakeInit } from './fake-generator.ts'

type Counted = Parameters<ReturnType<GatewayMetrics['request']>>[0]

describe('the metrics of the gateway', () => {
  const make = (app: { readonly host?: string, readonly apiKeys?: string[], readonly without?: boolean, readonly atOnce?: number, readonly fake?: FakeInit } = {}) => {
    const counted: Counted[] = []
    let running = 0
    let line: Parameters<GatewayMetrics['line']>[0] = { running: NaN, waiting: NaN }
    const metrics: GatewayMetrics = {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      line (queue) { line = queue },
      text: () => Promise.resolve('# HELP one One.\n# TYPE one gauge\none 1\n'),
      request () {
        running++
        return (of) => {
          running--
          counted.push(of)
        }
      }
    }
    const generator = fakeGenerator(app.fake)
    const { app: hono } = gatewayApp(
      { generator, logger: silent, ...(app.without === true ? {} : { metrics }), swarm: () => ({}), ready: () => true },
      { host: app.host ?? '127.0.0.1', atOnce: app.atOnce ?? 64, ...(app.apiKeys == null ? {} : { apiKeys: app.apiKeys }) }
    )
    const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
      await hono.request(`http://127.0.0.1:8484${path}`, { ...init, headers: { host: '127.0.0.1:8484', ...init.headers as Record<string, string> | undefined } })
    return { ask, counted, running: () => running, line: () => line, generator }
  }

  it('are served on loopback without a key, as Prometheus reads them', async () => {
    const response = await make().ask('/metrics')
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/plain; version=0.0.4; charset=utf-8'])
    assert.match(await response.text(), /^one 1$/m)
  })

  it('need a key on any other address', async () => {
    const { ask } = make({ host: '0.0.0.0', apiKeys: ['key'] })
    assert.equal((await ask('/metrics')).status, 401)
    assert.equal((await ask('/metrics', { headers: { authorization: 'Bearer key' } })).status, 200)
  })

  it('are missed by name where nothing is counted', async () => {
    assert.equal((await make({ without: true }).ask('/metrics')).status, 404)
  })

  it('count each request by the template of its route, its method and its status, whatever was asked for', async () => {
    const { ask, counted, running } = make()
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'atlas', messages: [{ role: 'user', content: 'Hi' }] }) }
    await (await ask('/v1/chat/completions', post)).text()
    await ask('/v1/models/some-name-of-a-user')
    for (const path of ['/secret/../path', '/no/such/path', '/v1/nothing?prompt=words']) await ask(path)
    await ask('/v1/chat/completions', { ...post, body: '{' })
    await ask('/health', { method: 'PROPFIND' })
    assert.deepEqual(counted.map(({ route, method, status }) => `${method} ${route} ${status}`), [
      'POST /v1/chat/completions 200', 'GET /v1/models/:name{.+} 404', 'GET other 404', 'GET other 404', 'GET other 404', 'POST /v1/chat/completions 400', 'other other 404'
    ])
    assert.equal(running(), 0)
  })

  it('show the line before the answers', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<undefined>()
    const { ask, line, generator } = make({ atOnce: 1, fake: { hold } })
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'atlas', messages: [{ role: 'user', content: 'Hi' }] }) }
    assert.deepEqual([line().running, line().waiting], [0, 0])
    const answers = [ask('/v1/chat/completions', post), ask('/v1/chat/completions', post)]
    await generator.asked
    while (line().waiting === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([line().running, line().waiting], [1, 1])
    release(undefined)
    await Promise.all(answers)
    assert.deepEqual([line().running, line().waiting], [0, 0])
  })

  it('count a request whose client left, which is none that runs', async () => {
    const { ask, counted, running, generator } = make()
    const leaving = new AbortController()
    generator.models = async ({ signal } = {}) => {
      // as the server does: a reason that is no error
      leaving.abort('the connection closed')
      signal?.throwIfAborted()
      return await Promise.resolve([])
    }
    await assert.rejects(ask('/v1/models', { signal: leaving.signal }), (reason) => reason === 'the connection closed')
    assert.deepEqual(counted, [{ route: '/v1/models', method: 'GET', status: 499 }])
    assert.equal(running(), 0)
  })

  it('count requests that are refused at the door', async () => {
    const { ask, counted } = make()
    await ask('/v1/models', { headers: { host: 'evil.example' } })
    assert.deepEqual(counted.map(({ status }) => status), [403])
  })
})
