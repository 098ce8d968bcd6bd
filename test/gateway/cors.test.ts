import assert from 'node:assert/strict'
import { chat, gateway } from './gateway.ts'

const path = '/v1/chat/completions'
const stainless = ['x-stainless-arch', 'x-stainless-lang', 'x-stainless-os', 'x-stainless-package-version', 'x-stainless-retry-count', 'x-stainless-runtime', 'x-stainless-runtime-version', 'x-stainless-timeout']

const preflight = (origin: string, headers = 'authorization,content-type') =>
  ({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers } })

describe('pages that use the gateway', () => {
  it('of this machine may on loopback, others may not', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://192.168.1.5', 'http://localhost.evil.example']) {
      const { status, json } = await gateway().ask(path, chat, { origin })
      assert.deepEqual([status, json.error.code], [403, 'wrong_origin'])
      assert.equal((await gateway().send(path, undefined, preflight(origin))).status, 403)
    }
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:8484', 'http://[::1]:1']) {
      const { status, headers } = await gateway().ask(path, chat, { origin })
      assert.equal(status, 200)
      assert.equal(headers.get('access-control-allow-origin'), origin)
      assert.match(headers.get('access-control-expose-headers') ?? '', /x-shoal-route/)
    }
  })

  it('may when they are named, and no others', async () => {
    const origins = ['https://chat.example']
    for (const init of [{ origins }, { origins, host: '0.0.0.0', apiKeys: ['one'] }]) {
      const { ask } = gateway({}, init)
      const authorization = 'Bearer one'
      assert.equal((await ask(path, chat, { origin: 'https://chat.example', authorization })).headers.get('access-control-allow-origin'), 'https://chat.example')
      assert.equal((await ask(path, chat, { origin: 'https://evil.example', authorization })).headers.get('access-control-allow-origin'), null)
      assert.equal((await ask(path, chat, { origin: 'http://chat.example', authorization })).headers.get('access-control-allow-origin'), null)
    }
  })

  it('are told why they may not read an error', async () => {
    const { status, headers } = await gateway({}, { origins: ['https://chat.example'], host: '0.0.0.0', apiKeys: ['one'] }).ask(path, chat, { origin: 'https://chat.example' })
    assert.equal(status, 401)
    assert.equal(headers.get('access-control-allow-origin'), 'https://chat.example')
  })

  it('may all where all are named, on loopback too', async () => {
    assert.equal((await gateway({}, { origins: ['*'] }).ask(path, chat, { origin: 'https://evil.example' })).status, 200)
    // a name that somebody points here is still refused
    assert.equal((await gateway({}, { origins: ['*'] }).ask(path, chat, { origin: 'https://evil.example', host: 'evil.example' })).status, 403)
  })

  it('may ask before they ask, without a key, with the headers that OpenAI\'s client sends', async () => {
    const { send, generator } = gateway({}, { origins: ['https://chat.example'], host: '0.0.0.0', apiKeys: ['one'] })
    const response = await send(path, undefined, preflight('https://chat.example', ['authorization', 'content-type', ...stainless, 'x-evil'].join(',')))
    assert.equal(response.status, 204)
    assert.equal(response.headers.get('access-control-allow-methods'), 'GET, POST')
    assert.deepEqual(response.headers.get('access-control-allow-headers')?.split(', '), ['authorization', 'content-type', ...stainless])
    assert.equal(response.headers.get('access-control-allow-private-network'), null)
    assert.equal(generator.requests.length, 0)
  })

  it('of the internet may reach this machine when they are named', async () => {
    const { headers } = await gateway({}, { origins: ['https://chat.example'] }).send(path, undefined, {
      method: 'OPTIONS', headers: { origin: 'https://chat.example', 'access-control-request-method': 'POST', 'access-control-request-private-network': 'true' }
    })
    assert.equal(headers.get('access-control-allow-private-network'), 'true')
  })
})
