import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { mock } from 'node:test'
import { startGateway, type Gateway, type GatewayComponents, type GatewayInit } from '../../src/gateway/index.ts'
import { fakeGenerator, silent, type FakeInit } from './fake-generator.ts'

const body = (more: object = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'atlas', messages: [{ role: 'user', content: 'x' }], ...more })
})

describe('the gateway on a socket', () => {
  let running: Gateway[] = []

  const start = async (fake: FakeInit = {}, init: Partial<GatewayInit> = {}, more: Partial<GatewayComponents> = {}) => {
    const generator = fakeGenerator(fake)
    const gateway = await startGateway({ generator, logger: silent, swarm: () => ({}), ready: () => true, ...more }, { host: '127.0.0.1', port: 0, ...init })
    running.push(gateway)
    return { generator, gateway }
  }

  afterEach(async () => {
    await Promise.all(running.splice(0).map(async (gateway) => await gateway.stop({ signal: AbortSignal.abort() })))
    running = []
  })

  it('answers and says where it listens', async () => {
    const { gateway } = await start()
    assert.match(gateway.url, /^http:\/\/127\.0\.0\.1:\d+$/)
    const response = await fetch(`${gateway.url}/v1/chat/completions`, body())
    assert.equal(response.status, 200)
  })

  it('sends a piece before the next one is there', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const { gateway } = await start({ hold: promise })
    const response = await fetch(`${gateway.url}/v1/chat/completions`, body({ stream: true }))
    assert.ok(response.body != null)
    const decoder = new TextDecoder()
    let text = ''
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(bytes, { stream: true })
      if (text.includes('The ') && !text.includes('capital')) resolve(undefined)
    }
    assert.ok(text.endsWith('data: [DONE]\n\n'))
  })

  for (const stream of [true, false]) {
    it(`cancels the session when the client of ${stream ? 'a stream' : 'a whole answer'} goes away`, async () => {
      const { generator, gateway } = await start({ hold: new Promise(() => { /* never */ }) })
      const controller = new AbortController()
      const cancelled = new Promise<void>((resolve) => {
        let count = 0
        Object.defineProperty(generator, 'cancelled', { get: () => count, set: (value: number) => { count = value; resolve() } })
      })
      const answer = fetch(`${gateway.url}/v1/chat/completions`, { ...body({ stream }), signal: controller.signal })
      if (stream) {
        const reader = (await answer).body?.getReader()
        await reader?.read()
        controller.abort()
      } else {
        await generator.asked
        controller.abort()
        await assert.rejects(answer)
      }
      await cancelled
      assert.equal(generator.cancelled, 1)
    })
  }

  it('ends the connection of a client that does not read, and says so once', async () => {
    const warnings: string[] = []
    const { promise: warned, resolve: warn } = Promise.withResolvers<undefined>()
    const logger = {
      ...silent,
      warn: (fields: object, message: string) => {
        warnings.push(`${message} ${JSON.stringify(fields)}`)
        warn(undefined)
      }
    }
    const complaints: unknown[] = []
    const { mock: heard } = mock.method(console, 'error', (...words: unknown[]) => { complaints.push(...words) })
    try {
      // more than sockets hold
      const { gateway, generator } = await start({ pieces: Array.from({ length: 400 }, () => 'x'.repeat(100_000)) }, { stalledMs: 100 }, { logger })
      const { headers, body: question } = body({ stream: true })
      const client = connect(Number(new URL(gateway.url).port), '127.0.0.1').on('error', () => { /* it was cut */ })
      const closed = once(client, 'close')
      client.pause()
      client.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${headers['content-type']}\r\ncontent-length: ${question.length}\r\n\r\n${question}`)
      await warned
      client.resume()
      await closed
      assert.equal(generator.cancelled, 1)
      assert.deepEqual(complaints, [])
      assert.deepEqual(warnings.map((warning) => warning.replace(/req-\w+/, '')), ['a stream failed {"requestId":"","error":"StalledError"}'])
    } finally {
      heard.restore()
    }
  })

  it('says 400 to what is no HTTP, behind an answer too, and nothing into the middle of one', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<undefined>()
    const { gateway, generator } = await start({ hold })
    const port = Number(new URL(gateway.url).port)
    const dial = (): { heard: () => string, say: (text: string) => void, closed: Promise<unknown> } => {
      const socket = connect({ port, host: '127.0.0.1' })
      let text = ''
      socket.on('data', (bytes) => { text += bytes.toString('latin1') })
      return { heard: () => text, say: (more) => { socket.write(more) }, closed: once(socket, 'close') }
    }
    const until = async (isSo: () => boolean): Promise<void> => { while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5)) }
    const one = dial()
    one.say('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await until(() => one.heard().endsWith('{"status":"ok"}'))
    one.say('\xfe\xfe nonsense\r\n\r\n')
    await one.closed
    assert.match(one.heard(), /\{"status":"ok"\}HTTP\/1\.1 400 Bad Request\r\n/)

    const other = dial()
    const { body: question } = body({ stream: true })
    other.say(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${question.length}\r\n\r\n${question}`)
    await generator.asked
    await until(() => other.heard().includes('data: '))
    other.say('\xfe\xfe nonsense\r\n\r\n')
    await other.closed
    release(undefined)
    assert.doesNotMatch(other.heard(), /400/)
  })

  it('refuses a port that is taken, and moves on only when it may', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const address = blocker.address()
    assert.ok(typeof address === 'object' && address != null)
    await assert.rejects(start({}, { port: address.port }), { name: 'ListenError', message: /is taken by another program/ })
    const { gateway } = await start({}, { port: address.port, moveOn: true })
    assert.notEqual(new URL(gateway.url).port, String(address.port))
    blocker.close()
  })

  it('refuses to listen for others without a key', async () => {
    await assert.rejects(start({}, { host: '0.0.0.0' }), { name: 'ListenError', message: /SHOAL_API_KEY/ })
    const { gateway } = await start({}, { host: '0.0.0.0', apiKeys: ['k'] })
    const port = new URL(gateway.url).port
    assert.equal((await fetch(`http://127.0.0.1:${port}/v1/models`)).status, 401)
    assert.equal((await fetch(`http://127.0.0.1:${port}/v1/models`, { headers: { authorization: 'Bearer k' } })).status, 200)
  })

  it('finishes what runs before it stops', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const { gateway, generator } = await start({ hold: promise })
    const answer = fetch(`${gateway.url}/v1/chat/completions`, body())
    await generator.asked
    const stopped = gateway.stop()
    resolve(undefined)
    assert.equal((await answer).status, 200)
    await stopped
  })
})
