import assert from 'node:assert/strict'
import { Done, GENERATE_PROTOCOL, GenerateType, Repaired, Started, Token } from '../../protocols/generate/index.ts'
import { encodeFrame } from '../../protocols/frame/index.ts'
import { thinClient, type ThinClientInit } from '../../src/client/index.ts'
import { CONTEXT, greedy } from '../pipeline/support/fake-model.ts'
import { REQUEST, fakeSwarm, record, tokensOf, type FakeSwarm, type FakeSwarmInit } from '../pipeline/support/fake-swarm.ts'
import { settle } from '../pipeline/support/virtual-clock.ts'
import type { GenerateEvent, GenerateRequest } from '../../src/pipeline/index.ts'
import type { Link } from '../../src/p2p/index.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

const THREE = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]], local: true } satisfies FakeSwarmInit
const PROMPT = [1, 2, 3, 4, 5]

interface Asked {
  readonly events: GenerateEvent[]
  readonly error: unknown
}

interface AskOptions {
  readonly records?: readonly NodeRecord[]
  readonly init?: ThinClientInit
  readonly signal?: AbortSignal
  readonly distances?: Readonly<Record<string, number>>
  readonly onEvent?: (event: GenerateEvent) => void
}

async function ask (swarm: FakeSwarm, request: Partial<GenerateRequest> = {}, { records = swarm.records, init = {}, signal, distances = {}, onEvent }: AskOptions = {}): Promise<Asked> {
  const client = thinClient({
    host: swarm.network.host('k'),
    swarm: { nodes: () => records, refresh: () => Promise.resolve({ nodes: records, isWhole: true }), roundTripMs: (peer) => distances[peer], onChange: () => () => undefined }
  }, init)
  const events: GenerateEvent[] = []
  try {
    for await (const event of client.generate({ ...REQUEST, ...request }, signal === undefined ? {} : { signal })) {
      events.push(event)
      onEvent?.(event)
    }
    return { events, error: undefined }
  } catch (error) {
    return { events, error }
  }
}

const named = (error: unknown): string => error instanceof Error ? error.name : 'none'

/** Somebody who holds layer 0 and answers as the test says. */
async function impostor (swarm: FakeSwarm, peerId: string, answer: (link: Link) => void): Promise<NodeRecord> {
  await swarm.network.host(peerId).handle(GENERATE_PROTOCOL, (link) => {
    link.listen({ frame: () => { answer(link) }, close: () => undefined })
  })
  return record(peerId, [{ start: 0, end: 2 }])
}

describe('thinClient', () => {
  it('hears from a coordinator what the coordinator says in its own process', async () => {
    const swarm = await fakeSwarm(THREE)
    for (const request of [
      {}, { maxTokens: 0, scorePrompt: true, sampling: { logprobs: 2 } }, { sampling: { temperature: 1.5, seed: 3n, logprobs: 1, topK: 9, topP: 0.9, minP: 0.01, logitBias: new Map([[3, 2.5]]) } },
      { prompt: { kind: 'text', text: '!"#$', special: true } }, { prompt: { kind: 'chat', messages: [{ role: 'user', content: '!"#' }] } }, { stop: ['"', '&&'], wire: 'f32', ignoreEos: true }
    ] satisfies Array<Partial<GenerateRequest>>) {
      const { events } = await ask(swarm, request)
      const direct = await swarm.ask(request)
      const plain = (list: GenerateEvent[]): unknown => JSON.parse(JSON.stringify(list, (key, value: unknown) =>
        ['timings', 'sessionId', 'seed', 'takeOverKey'].includes(key) ? undefined : key === 'logprob' && typeof value === 'number' ? Math.fround(value) : value))
      assert.deepEqual(plain(events), plain(direct))
    }
    await swarm.clock.advance(2000)
    assert.deepEqual([swarm.coordinator.sessions, ...swarm.nodes.map(({ runner }) => runner.reserved)], [0, 0, 0, 0])
  })

  for (const [request, name, message] of [
    [{ prompt: { kind: 'ids', ids: new Array<number>(CONTEXT + 44).fill(1) } }, 'ContextLengthError', /300.*256/],
    [{ sampling: { temperature: -1 } }, 'RequestError', /temperature/],
    [{ prompt: { kind: 'ids', ids: [] } }, 'RequestError', /empty/],
    [{ prompt: { kind: 'chat', messages: [] } }, 'RequestError', /messages/]
  ] satisfies Array<[Partial<GenerateRequest>, string, RegExp]>) {
    it(`keeps ${name} over the wire: ${String(message)}`, async () => {
      const { error } = await ask(await fakeSwarm(THREE), request)
      assert.ok(error instanceof Error && error.name === name && message.test(error.message), String(error))
    })
  }

  it('keeps no capacity, with the time to come back, and an uncovered model apart', async () => {
    const full = await fakeSwarm({ ...THREE, slots: 1 })
    full.nodes[1]?.runner.reserve(1)
    const { error } = await ask(full)
    assert.ok(error instanceof Error && error.name === 'NoCapacityError' && 'retryAfterMs' in error && Number(error.retryAfterMs) > 0, String(error))
    const { error: uncovered } = await ask(await fakeSwarm({ spans: [['a', 0, 2]], local: true }))
    assert.ok(uncovered instanceof Error && uncovered.name === 'UncoveredError' && uncovered.message.includes('2:6'), String(uncovered))
  })

  it('says who failed', async () => {
    const swarm = await fakeSwarm(THREE)
    let tokens = 0
    const { error } = await ask(swarm, { maxTokens: 100 }, { onEvent: ({ kind }) => { if (kind === 'token' && ++tokens === 3) swarm.network.kill('x') } })
    assert.ok(error instanceof Error && error.name === 'PeerFaultError' && 'peerId' in error && error.peerId === 'x', String(error))
  })

  it('says that nobody serves layer 0, without asking anybody', async () => {
    const swarm = await fakeSwarm(THREE)
    assert.equal(named((await ask(swarm, { modelId: 'other' })).error), 'UncoveredError')
  })

  it('asks the nearest first, and the next where one is gone, knows no such model, or breaks before the first word', async () => {
    const swarm = await fakeSwarm(THREE)
    const gone = record('gone', [{ start: 0, end: 2 }])
    const liar = await impostor(swarm, 'liar', (link) => { link.send(encodeFrame({ type: 99 })) })
    const cut = await impostor(swarm, 'cut', (link) => { link.abort(new Error('no')) })
    const garbage = await impostor(swarm, 'garbage', (link) => { link.send(encodeFrame({ type: GenerateType.started }, new Uint8Array(20).fill(255))) })
    const distances = { gone: 1, liar: 20, cut: 40, garbage: 80, a: 160 }
    const { events, error } = await ask(swarm, {}, { records: [...swarm.records, gone, liar, cut, garbage], distances })
    assert.equal(error, undefined)
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, 12))
    assert.deepEqual(swarm.network.links.filter(({ from }) => from === 'k').map(({ to }) => to), ['liar', 'cut', 'garbage', 'a'])
    const { error: alone } = await ask(swarm, {}, { records: [gone] })
    assert.ok(alone instanceof Error && alone.name === 'PeerFaultError' && /gone can't be reached/.test(alone.message))
  })

  const started = (peerId: string): Uint8Array => encodeFrame({ type: GenerateType.started }, Started.encode({
    sessionId: new Uint8Array(16), promptTokens: 5, route: [{ peerId, start: 0, end: 6 }], promptIds: new Uint8Array(20), seed: 1n
  }))
  const token = encodeFrame({ type: GenerateType.token }, Token.encode({ id: 1, text: 'x', topIds: [], topLogprobs: [] }))
  for (const [what, frames] of [
    ['tokens of an answer that has not begun', [token]],
    ['a route that is no list of peers', [started('evil\n\ndata: {}')]],
    ['one repair after another', [started('evil'), ...new Array<Uint8Array>(9000).fill(encodeFrame({ type: GenerateType.repaired }, Repaired.encode({ lost: [], tookMs: 1, replayed: 0, route: [] })))]]
  ] as const) {
    it(`gives a coordinator up that sends ${what}`, async () => {
      const swarm = await fakeSwarm(THREE)
      const evil = await impostor(swarm, 'evil', (link) => { for (const frame of frames) if (!link.closed) link.send(frame) })
      const { error } = await ask(swarm, { maxTokens: 12 }, { records: [evil], init: { goOnMs: 0 } })
      assert.equal(named(error), 'PeerFaultError')
    })
  }

  it('has no more of an answer than was asked for', async () => {
    const swarm = await fakeSwarm(THREE)
    const evil = await impostor(swarm, 'evil', (link) => { for (const frame of [started('evil'), ...new Array<Uint8Array>(100).fill(token)]) if (!link.closed) link.send(frame) })
    const { events, error } = await ask(swarm, { maxTokens: 12 }, { records: [evil] })
    assert.equal(error, undefined)
    assert.deepEqual([tokensOf(events).length, events.at(-1)?.kind], [12, 'done'])
  })

  it('gives a coordinator up that says nothing', async () => {
    const swarm = await fakeSwarm(THREE)
    const silent = await impostor(swarm, 'silent', () => undefined)
    const { events } = await ask(swarm, {}, { records: [silent, ...swarm.records], distances: { silent: 1, a: 90 }, init: { silenceMs: 50 } })
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, 12))
  })

  it('waits longer for one that is slow where nobody else is', async () => {
    const swarm = await fakeSwarm(THREE)
    const done = encodeFrame({ type: GenerateType.done }, Done.encode({
      text: 'x', tokens: Uint8Array.of(1, 0, 0, 0), finishReason: 'stop', promptTokens: 5, completionTokens: 1, cachedTokens: 0, route: [], ttftMs: 1, totalMs: 1, tokensPerSecond: 1, toolCalls: [], hops: []
    }))
    const slow = await impostor(swarm, 'slow', (link) => { setTimeout(() => { for (const frame of [started('slow'), token, done]) if (!link.closed) link.send(frame) }, 150) })
    const { events, error } = await ask(swarm, {}, { records: [slow], init: { silenceMs: 60 } })
    assert.deepEqual([error, events.at(-1)?.kind], [undefined, 'done'])
    const silent = await impostor(swarm, 'mute', () => undefined)
    assert.equal(named((await ask(swarm, {}, { records: [silent], init: { silenceMs: 20 } })).error), 'PeerFaultError')
  })

  it('looks a while for another one where an answer has begun, and goes on with what its stages hold', async () => {
    const swarm = await fakeSwarm({ spans: [...THREE.spans, ['late', 0, 2]], local: true })
    await swarm.coordinate('late')
    const [late] = swarm.records.splice(3)
    assert.ok(late !== undefined)
    let tokens = 0
    const { events, error } = await ask(swarm, { maxTokens: 100 }, {
      onEvent: ({ kind }) => {
        if (kind !== 'token' || ++tokens !== 2) return
        swarm.network.kill('a')
        setTimeout(() => { swarm.records.splice(0, 1, late) }, 100)
      }
    })
    assert.deepEqual([error, tokensOf(events)], [undefined, await greedy(PROMPT, 100)])
    const repaired = events.filter((event) => event.kind === 'repaired')
    assert.deepEqual(repaired.map(({ lost, route }) => [lost, route]), [[[{ peerId: 'a', span: [0, 2] }], [{ peerId: 'late', span: [0, 2] }, { peerId: 'b', span: [2, 4] }, { peerId: 'x', span: [4, 6] }]]])
    assert.ok(repaired.every(({ replayed }) => replayed >= PROMPT.length + 1))
  })

  it('asks one again that could not go on at first', async () => {
    const swarm = await fakeSwarm({ spans: [...THREE.spans, ['a2', 0, 2]], local: true })
    await swarm.coordinate('a2')
    const second = swarm.nodes[3]
    assert.ok(second !== undefined)
    second.runner.refusal = Object.assign(new Error('no slot is free'), { name: 'NoCapacityError' })
    let tokens = 0
    const { events, error } = await ask(swarm, { maxTokens: 100 }, {
      distances: { a: 1, a2: 90 },
      onEvent: ({ kind }) => {
        if (kind !== 'token' || ++tokens !== 2) return
        swarm.network.kill('a')
        setTimeout(() => { second.runner.refusal = undefined }, 200)
      }
    })
    assert.deepEqual([error, tokensOf(events)], [undefined, await greedy(PROMPT, 100)])
  })

  it('says which one was lost where there is no other in time', async () => {
    const swarm = await fakeSwarm(THREE)
    let tokens = 0
    const startedMs = performance.now()
    const { error } = await ask(swarm, { maxTokens: 100 }, { init: { goOnMs: 300 }, onEvent: ({ kind }) => { if (kind === 'token' && ++tokens === 2) swarm.network.kill('a') } })
    assert.ok(error instanceof Error && error.name === 'PeerFaultError' && 'peerId' in error && error.peerId === 'a', String(error))
    assert.ok(performance.now() - startedMs >= 300)
  })

  it('can be cancelled while it looks for another one', async () => {
    const swarm = await fakeSwarm(THREE)
    const cancel = new AbortController()
    let tokens = 0
    const { error } = await ask(swarm, { maxTokens: 100 }, {
      signal: cancel.signal,
      onEvent: ({ kind }) => {
        if (kind !== 'token' || ++tokens !== 2) return
        swarm.network.kill('a')
        setTimeout(() => { cancel.abort() }, 50)
      }
    })
    assert.equal(named(error), 'AbortError')
  })

  it('cancels by signal, and every stage is free', async () => {
    const swarm = await fakeSwarm(THREE)
    const cancel = new AbortController()
    const { events } = await ask(swarm, { maxTokens: 100 }, { signal: cancel.signal, onEvent: ({ kind }) => { if (kind === 'token') cancel.abort() } })
    const done = events.at(-1)
    assert.ok(done?.kind === 'done' && done.finishReason === 'cancelled' && done.tokens.length > 0)
    await settle()
    await swarm.clock.advance(2000)
    assert.deepEqual([swarm.coordinator.sessions, ...swarm.nodes.map(({ runner }) => runner.reserved)], [0, 0, 0, 0])
  })

  it('leaves nothing at work when its reader walks away', async () => {
    const swarm = await fakeSwarm(THREE)
    const client = thinClient({ host: swarm.network.host('k'), swarm: { nodes: () => swarm.records, refresh: () => Promise.resolve({ nodes: swarm.records, isWhole: true }), roundTripMs: () => 1, onChange: () => () => undefined } })
    for await (const { kind } of client.generate({ ...REQUEST, maxTokens: 100 })) if (kind === 'token') break
    await settle()
    await swarm.clock.advance(2000)
    assert.deepEqual([swarm.coordinator.sessions, ...swarm.nodes.map(({ runner }) => runner.reserved)], [0, 0, 0, 0])
  })
})
