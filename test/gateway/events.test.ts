import assert from 'node:assert/strict'
import fc from 'fast-check'
import { gatewayApp, type ActivityEvent, type ActivityFeed, type SessionView } from '../../src/gateway/index.ts'
import { eventStreams, outbox } from '../../src/gateway/events.ts'
import { fakeGenerator, silent } from './fake-generator.ts'

const session = (id: string, tokens = 0): SessionView => ({
  id, modelId: 'm', route: [], startedAtMs: 1, promptTokens: 3, tokens, tokensPerSecond: 0, ttftMs: null, state: 'running', finishReason: null, repairs: [], hops: []
})
const counted = (id: string, tokens: number): ActivityEvent => ({ kind: 'tokens', id, tokens, tokensPerSecond: 1, ttftMs: 1 })

function fakeFeed (): ActivityFeed & { tell (event: ActivityEvent): void, readonly watchers: number } {
  const listeners = new Set<(event: ActivityEvent) => void>()
  return {
    hello: () => ({ kind: 'hello', peerId: 'me', sessions: [session('old')] }),
    watch: (listener) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    tell: (event) => { listeners.forEach((listener) => { listener(event) }) },
    get watchers () { return listeners.size }
  }
}

const eventsOf = (text: string): ActivityEvent[] => text.split('\n\n').filter((part) => part.startsWith('data: ')).map((part) => JSON.parse(part.slice(6)) as ActivityEvent)

describe('what waits for a page', () => {
  it('is the newest word on each thing, in the order of those', () => {
    const box = outbox(() => ({ kind: 'bye' }))
    for (const event of [counted('a', 1), { kind: 'swarm' }, counted('a', 2), counted('b', 1), { kind: 'swarm' }] satisfies ActivityEvent[]) box.add(event)
    assert.deepEqual(box.take(), [counted('a', 2), counted('b', 1), { kind: 'swarm' }])
    assert.deepEqual(box.take(), [])
  })

  it('is no count that a session has overtaken', () => {
    const box = outbox(() => ({ kind: 'bye' }))
    box.add(counted('a', 9))
    box.add({ kind: 'session', session: session('a', 10) })
    assert.deepEqual(box.take().map(({ kind }) => kind), ['session'])
  })

  it('is everything anew where there is too much, and never more than allowed', () => {
    const hello: ActivityEvent = { kind: 'hello', peerId: 'me', sessions: [] }
    fc.assert(fc.property(fc.array(fc.nat(30)), (ids) => {
      const box = outbox(() => hello, 10)
      for (const id of ids) {
        box.add(counted(String(id), id))
        assert.ok(box.size <= 10)
      }
      const events = box.take()
      if (new Set(ids).size > 10) assert.equal(events[0]?.kind, 'hello')
    }))
  })
})

describe('GET /api/events', () => {
  it('begins with everything, tells what happens, and ends with the gateway', async () => {
    const feed = fakeFeed()
    const { app, close } = gatewayApp({ generator: fakeGenerator(), logger: silent, swarm: () => ({}), ready: () => true, activity: feed }, { host: '127.0.0.1' })
    const response = await app.request('http://127.0.0.1/api/events', { headers: { host: '127.0.0.1' } })
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    const reader = response.body?.getReader()
    assert.ok(reader != null)
    const next = async (): Promise<ActivityEvent[]> => eventsOf(new TextDecoder().decode((await reader.read()).value))
    assert.deepEqual(await next(), [feed.hello()])
    // hundreds of tokens at once are one word
    for (let tokens = 1; tokens <= 500; tokens++) feed.tell(counted('s', tokens))
    feed.tell({ kind: 'node', peerId: 'p', name: 'amber', here: true })
    assert.deepEqual(await next(), [counted('s', 500), { kind: 'node', peerId: 'p', name: 'amber', here: true }])
    close()
    assert.deepEqual(await next(), [{ kind: 'bye' }])
    assert.equal((await reader.read()).done, true)
    assert.equal(feed.watchers, 0)
  })

  it('holds no more for a page that does not read than there are things', async () => {
    const feed = fakeFeed()
    const stream = eventStreams(feed, new AbortController().signal).open()
    const reader = stream.getReader()
    await reader.read()
    for (let round = 0; round < 10_000; round++) feed.tell(counted(String(round % 3), round))
    const read: ActivityEvent[] = []
    while (read.length < 3) read.push(...eventsOf(new TextDecoder().decode((await reader.read()).value)))
    assert.deepEqual(read, [9997, 9998, 9999].map((round) => counted(String(round % 3), round)).sort((a, b) => Number(a.kind === 'tokens' && a.tokens) - Number(b.kind === 'tokens' && b.tokens)))
    await reader.cancel()
    assert.equal(feed.watchers, 0)
  })

  it('has headers alone for who asks for no more, without a watcher', async () => {
    const feed = fakeFeed()
    const { app, close } = gatewayApp({ generator: fakeGenerator(), logger: silent, swarm: () => ({}), ready: () => true, activity: feed }, { host: '127.0.0.1' })
    const ask = async (method: string): Promise<Response> => await app.request('http://127.0.0.1/api/events', { method, headers: { host: '127.0.0.1' } })
    for (let asked = 0; asked < 100; asked++) {
      const { status, headers, body } = await ask('HEAD')
      assert.deepEqual([status, headers.get('content-type'), body], [200, 'text/event-stream; charset=utf-8', null])
      assert.equal(feed.watchers, 0)
    }
    const watching = await ask('GET')
    assert.equal(watching.status, 200)
    assert.equal(feed.watchers, 1)
    await watching.body?.cancel()
    close()
  })

  it('refuses a page too many, until one goes', async () => {
    const feed = fakeFeed()
    const streams = eventStreams(feed, new AbortController().signal)
    const open = Array.from({ length: 64 }, () => streams.open())
    assert.throws(() => streams.open(), { name: 'HttpError', status: 503 })
    await open[0]?.cancel()
    open.push(streams.open())
    await Promise.all(open.slice(1).map(async (stream) => { await stream.cancel() }))
    assert.equal(feed.watchers, 0)
  })
})
