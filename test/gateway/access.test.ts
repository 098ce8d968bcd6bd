import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { startGateway, type ApiKey, type Gateway, type GatewayInit } from '../../src/gateway/index.ts'
import { keyDigest } from '../../src/gateway/keys.ts'
import { atlas, fakeGenerator, named, silent, type FakeInit } from './fake-generator.ts'

const keyOf = (key: string, limits: Partial<ApiKey> = {}): ApiKey => ({ id: key, name: key, digest: keyDigest(key), guessable: false, ...limits })

const question: Record<string, unknown> = { messages: [{ role: 'user', content: 'x' }] }

describe('who may ask the gateway', () => {
  const running: Gateway[] = []
  afterEach(async () => { await Promise.all(running.splice(0).map(async (gateway) => { await gateway.stop({ signal: AbortSignal.abort() }) })) })

  const start = async (keys: ApiKey[], { fake, ...init }: Partial<GatewayInit> & { fake?: FakeInit } = {}) => {
    const ring = { keys: (): readonly ApiKey[] => keys }
    const warnings: Array<[object, string]> = []
    const generator = fakeGenerator(fake)
    const gateway = await startGateway({ generator, keys: ring, logger: { ...silent, warn: (...warning) => warnings.push(warning) }, swarm: () => ({}), ready: () => true }, { host: '0.0.0.0', port: 0, ...init })
    running.push(gateway)
    const port = Number(new URL(gateway.url).port)
    const ask = async (key?: string, { path = '/v1/chat/completions', headers = {}, body = question } = {}) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { ...(key == null ? {} : { authorization: `Bearer ${key}` }), ...headers }, ...(path.startsWith('/v1/models') ? {} : { method: 'POST', body: JSON.stringify(body) })
      })
      return { status: response.status, headers: response.headers, json: await response.json() }
    }
    return { ask, port, ring, warnings, generator, gateway }
  }

  /** Sends wrong keys until they are not looked at any more. */
  async function guess<T extends { status: number }> (ask: (key: string) => Promise<T>): Promise<T> {
    for (let tried = 0; ; tried++) {
      const answer = await ask(`guess-${tried}`)
      if (answer.status === 429) return answer
      assert.equal(answer.status, 401)
      assert.ok(tried < 50)
    }
  }

  it('is whoever has a key, from the moment it is there until it is gone', async () => {
    const keys = [keyOf('one')]
    const { ask } = await start(keys)
    assert.equal((await ask('one')).status, 200)
    assert.equal((await ask('two')).status, 401)
    keys.push(keyOf('two'))
    assert.equal((await ask('two')).status, 200)
    keys.shift()
    assert.equal((await ask('one')).status, 401)
  })

  it('is nobody while the keys can\'t be read, and the log says why', async () => {
    const { ask, ring, warnings } = await start([keyOf('one')])
    ring.keys = () => { throw named('KeyFileError', 'run chmod 600') }
    const { status, headers, json } = await ask('one')
    assert.deepEqual([status, json.error.code, headers.get('retry-after')], [503, 'keys_unreadable', '30'])
    assert.ok(warnings.some(([fields]) => JSON.stringify(fields).includes('chmod 600')))
  })

  it('sees the models of the key alone, and others are not there for it', async () => {
    const models = [atlas, { ...atlas, name: 'other', modelId: 'bafyother' }]
    const { ask } = await start([keyOf('one', { models: ['other'] })], { fake: { models } })
    assert.deepEqual((await ask('one', { path: '/v1/models' })).json.data.map(({ id }: { id: string }) => id), ['other'])
    assert.equal((await ask('one', { path: '/v1/models/atlas' })).json.error.code, 'model_not_found')
    const refused = await ask('one', { body: { model: 'atlas', messages: [{ role: 'user', content: 'x' }] } })
    assert.deepEqual([refused.status, refused.json.error.code], [404, 'model_not_found'])
    assert.equal((await ask('one')).json.model, 'other')
  })

  it('gets 429 with Retry-After beyond the key\'s rate, and others go on', async () => {
    const { ask } = await start([keyOf('one', { requestsPerMinute: 2 }), keyOf('two')])
    assert.equal((await ask('one')).headers.get('x-ratelimit-remaining-requests'), '1')
    await ask('one')
    const { status, headers, json } = await ask('one')
    assert.deepEqual([status, json.error.code, json.error.type], [429, 'rate_limit_exceeded', 'rate_limit_error'])
    assert.ok(Number(headers.get('retry-after')) > 0 && Number(headers.get('retry-after')) <= 30)
    assert.equal((await ask('two')).status, 200)
    assert.equal((await ask('one', { path: '/v1/models' })).status, 200)
  })

  it('has its places back when a stream ends, and when its client leaves', async () => {
    const { promise: hold, resolve } = Promise.withResolvers<undefined>()
    const { ask, port, generator } = await start([keyOf('one', { concurrent: 1 })], { fake: { hold } })
    const stream = async (signal?: AbortSignal) => await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST', headers: { authorization: 'Bearer one' }, body: JSON.stringify({ stream: true, messages: [{ role: 'user', content: 'x' }] }), ...(signal == null ? {} : { signal })
    })
    const leaving = new AbortController()
    const cancelled = new Promise<void>((resolve) => { Object.defineProperty(generator, 'cancelled', { get: () => 0, set: () => { resolve() } }) })
    const first = await stream(leaving.signal)
    await first.body?.getReader().read()
    assert.equal((await ask('one')).status, 429)
    leaving.abort()
    await cancelled
    const second = await stream()
    assert.equal(second.status, 200)
    resolve(undefined)
    await second.text()
    assert.equal((await ask('one')).status, 200)
  })

  it('is held back after some wrong keys, but not who has the right one', async () => {
    const { ask } = await start([keyOf('one')])
    const { headers, json } = await guess(ask)
    assert.equal(json.error.code, 'too_many_wrong_keys')
    assert.ok(Number(headers.get('retry-after')) > 0)
    assert.equal((await ask('one')).status, 200)
  })

  it('is held back with a right key too where that could have been guessed', async () => {
    const { ask } = await start([], { apiKeys: ['secret'] })
    assert.equal((await ask('secret')).status, 200)
    // held for a second at first: a slow machine may be late with a right key, and guesses on
    let { status } = await ask('secret')
    while (status === 200) {
      await guess(ask)
      status = (await ask('secret')).status
    }
    assert.equal(status, 429)
  })

  it('counts guesses by the address that a trusted proxy names, and by no other', async () => {
    const behind = await start([keyOf('one')], { host: '127.0.0.1', trustedProxies: ['127.0.0.1'] })
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    await guess(async (key) => await behind.ask(key, from('1.2.3.4')))
    assert.equal((await behind.ask('guess', from('1.2.3.5'))).status, 401)
    const direct = await start([keyOf('one')])
    let last = 0
    await guess(async (key) => await direct.ask(key, from(`1.2.3.${last++}`)))
    assert.ok(last > 5)
  })

  it('needs a key behind a proxy also on loopback, whatever name it asks for', async () => {
    await assert.rejects(start([], { host: '127.0.0.1', trustedProxies: ['10.0.0.0/8'] }), { name: 'ListenError', message: /shoal keys add/ })
    const { port } = await start([keyOf('one')], { host: '127.0.0.1', trustedProxies: ['127.0.0.1'] })
    const asked = async (headers: Record<string, string>) => (await raw(port, `GET /v1/models HTTP/1.1\r\nhost: api.example\r\nconnection: close\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`))
    assert.match(await asked({}), /^HTTP\/1\.1 401 /)
    assert.match(await asked({ authorization: 'Bearer one' }), /^HTTP\/1\.1 200 /)
  })

  it('is told in the log, once a key, that a key came in plain text', async () => {
    const { ask, warnings } = await start([keyOf('one'), keyOf('two')], { host: '127.0.0.1', trustedProxies: ['127.0.0.1'] })
    const come = async (key: string, proto: string) => { await ask(key, { headers: { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': proto } }) }
    await come('two', 'https')
    assert.equal(warnings.length, 0)
    await come('one', 'http')
    await come('one', 'http')
    assert.deepEqual(warnings.map(([fields]) => fields), [{ key: 'one' }])
  })

  it('needs none on loopback, where a key that is known counts all the same', async () => {
    const { ask } = await start([keyOf('one', { requestsPerMinute: 1 })], { host: '127.0.0.1' })
    assert.equal((await ask()).status, 200)
    for (let guess = 0; guess < 10; guess++) assert.equal((await ask('sk-whatever')).status, 200)
    assert.equal((await ask('one')).status, 200)
    assert.equal((await ask('one')).status, 429)
  })
})

describe('what needs no key', () => {
  let gateway: Gateway
  before(async () => {
    gateway = await startGateway({ generator: fakeGenerator(), logger: silent, swarm: () => ({}), ready: () => true }, { host: '0.0.0.0', port: 0, apiKeys: ['key'] })
  })
  after(async () => { await gateway.stop({ signal: AbortSignal.abort() }) })

  const said = async (line: string, more = ''): Promise<string> =>
    await raw(Number(new URL(gateway.url).port), `${line} HTTP/1.1\r\nhost: box.lan\r\nconnection: close\r\n${more}\r\n`)

  for (const path of ['/health', '/api/peer']) {
    it(`is a look at ${path}, and nothing that brings a body: none of it is read`, async () => {
      for (const method of ['GET', 'HEAD']) assert.match(await said(`${method} ${path}`), /^HTTP\/1\.1 200 /)
      // a body that never comes: whoever waited for it would say 408, half a minute later
      for (const method of ['POST', 'PUT', 'DELETE']) assert.match(await said(`${method} ${path}`, 'content-length: 8000000\r\n'), /^HTTP\/1\.1 401 .*invalid_api_key/s)
    })
  }
})

/** What a server says to these bytes until it closes. */
async function raw (port: number, bytes: string | Uint8Array): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (piece: string) => { text += piece }).on('error', () => { /* it was cut */ })
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

describe('a body', () => {
  let gateway: Gateway
  let port: number
  before(async () => {
    gateway = await startGateway({ generator: fakeGenerator(), logger: silent, swarm: () => ({}), ready: () => true }, { host: '127.0.0.1', port: 0, maxBodyBytes: 1000, bodyDeadlineMs: 200 })
    port = Number(new URL(gateway.url).port)
  })
  after(async () => { await gateway.stop({ signal: AbortSignal.abort() }) })

  const head = (more: string): string => `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${more}\r\n\r\n`
  const question = (content: string): string => JSON.stringify({ messages: [{ role: 'user', content }] })

  it('is refused by what it says it has, and by what it has', async () => {
    assert.match(await raw(port, head('content-length: 100000000')), /^HTTP\/1\.1 413 .*request_too_large/s)
    assert.match(await raw(port, `${head('transfer-encoding: chunked')}3e8\r\n${'x'.repeat(1000)}\r\n3e8\r\n${'x'.repeat(1000)}\r\n`), /^HTTP\/1\.1 413 .*request_too_large/s)
  })

  it('is refused where it is not UTF-8', async () => {
    const [before = '', behind = ''] = question('|').split('|')
    const bytes = Buffer.concat([Buffer.from(before), Buffer.of(0xc3, 0x28, 0xff), Buffer.from(behind)])
    assert.match(await raw(port, Buffer.concat([Buffer.from(head(`content-length: ${bytes.byteLength}`)), bytes])), /^HTTP\/1\.1 400 .*invalid_encoding/s)
  })

  it('is taken in pieces, and given up where they take too long', async () => {
    const text = question('ü')
    const whole = head(`content-length: ${Buffer.byteLength(text)}`) + text
    assert.match(await raw(port, whole), /^HTTP\/1\.1 200 /)
    assert.match(await raw(port, whole.slice(0, -5)), /^HTTP\/1\.1 408 .*request_timeout/s)
  })

  it('may be a nest of nine hundred lists', async () => {
    const { status } = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: '['.repeat(900) })
    assert.equal(status, 400)
  })
})
