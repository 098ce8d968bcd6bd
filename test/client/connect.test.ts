import assert from 'node:assert/strict'
import { thinClient } from '../../src/client/index.ts'
import { swarmClient } from '../../src/client/connect.ts'
import { connect } from '../../src/client/node.ts'
import { fakeSwarm, MODEL, tokensOf, type FakeSwarmInit } from '../pipeline/support/fake-swarm.ts'
import { hiddenStates } from '../pipeline/support/fake-model.ts'
import { settle } from '../pipeline/support/virtual-clock.ts'
import type { GenerateEvent } from '../../src/pipeline/index.ts'
import type { ProgressEvent, SwarmClient, Token } from '../../src/client/api.ts'
import type { ThinClient } from '../../src/client/index.ts'

const THREE = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]], local: true } satisfies FakeSwarmInit
const ASK = { prompt: [1, 2, 3, 4, 5], maxTokens: 12, temperature: 0 }

interface Visited {
  readonly swarm: SwarmClient
  readonly events: ProgressEvent[]
  readonly closed: () => boolean
}

/** The public client over any thin client, as if it had joined `a`. */
function visiting (client: ThinClient): Visited {
  const events: ProgressEvent[] = []
  let closed = false
  const connection = (peerId: string) => ({ peerId, way: 'websocket', address: '/ip4/127.0.0.1/tcp/1/ws' } as const)
  const swarm = swarmClient({
    peerId: 'k',
    joined: ['a'],
    client,
    findModel: ({ asked, signal, on } = {}) => {
      signal?.throwIfAborted()
      on?.({ kind: 'finding', ...(asked === undefined ? {} : { model: asked }) })
      return Promise.resolve({ model: 'fake', modelId: MODEL, guessed: false })
    },
    records: () => Promise.resolve([]),
    connections: () => [connection('a')],
    connectionTo: connection,
    close: () => {
      closed = true
      return Promise.resolve()
    }
  }, (event) => { events.push(event) })
  return { swarm, events, closed: () => closed }
}

async function overFake () {
  const fake = await fakeSwarm(THREE)
  const client = thinClient({ host: fake.network.host('k'), swarm: { nodes: () => fake.records, refresh: () => Promise.resolve({ nodes: fake.records, isWhole: true }), roundTripMs: () => 1, onChange: () => () => undefined } })
  const idle = () => [fake.coordinator.sessions, ...fake.nodes.map(({ runner }) => runner.reserved)].every((count) => count === 0)
  return { fake, idle, ...visiting(client) }
}

/** A coordinator's words, whatever they are. */
const saying = (...events: GenerateEvent[]): ThinClient => ({ async * generate () { for (const event of events) yield await Promise.resolve(event) } })
const DONE: Extract<GenerateEvent, { kind: 'done' }> = {
  kind: 'done', text: '', tokens: [], finishReason: 'stop', usage: { promptTokens: 1, completionTokens: 0, cachedTokens: 0 }, route: [], timings: { ttftMs: 1, totalMs: 2, tokensPerSecond: 3 }
}

describe('the client for programs', () => {
  it('embeds, and takes no answer without a vector for one', async () => {
    const { swarm, events, idle, fake } = await overFake()
    const ids = [1, 2, 3, 4, 5]
    const rows = await hiddenStates(ids)
    const heard: ProgressEvent[] = []
    const { values, ...rest } = await swarm.embed({ input: ids }, { on: (event) => { heard.push(event) } })
    assert.deepEqual(values, Float32Array.from(rows[0] ?? [], (_, column) => rows.reduce((sum, row) => sum + (row[column] ?? NaN), 0) / rows.length))
    assert.deepEqual(rest, { model: 'fake', modelId: MODEL, usage: { promptTokens: 5, cachedTokens: 0 }, route: [{ peerId: 'a', span: [0, 2] }, { peerId: 'b', span: [2, 4] }, { peerId: 'x', span: [4, 6] }] })
    assert.deepEqual((await swarm.embed({ input: '"#$%&', pooling: 'last', wire: 'f32' })).values, Float32Array.from(rows.at(-1) ?? []))
    assert.deepEqual(heard.map(({ kind }) => kind), ['finding', 'connected', 'route'])
    assert.equal(events.length, 6)
    await fake.clock.advance(2000)
    assert.ok(idle())
    await assert.rejects(swarm.embed({ input: ids }, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    await assert.rejects(swarm.embed({ input: [] }), { name: 'RequestError' })
    await assert.rejects(visiting(saying(DONE)).swarm.embed({ input: ids }), /without an embedding/)
  })

  it('gives tokens as they come, their text in order, and the end', async () => {
    const { fake, swarm, events } = await overFake()
    const answer = swarm.generate(ASK)
    const ids: number[] = []
    let text = ''
    for await (const token of answer) {
      if (token.id !== undefined) ids.push(token.id)
      text += token.text
    }
    const result = await answer.result()
    assert.deepEqual(ids, tokensOf(await fake.ask()))
    assert.deepEqual(result.tokens, ids)
    assert.equal(result.text, text)
    assert.deepEqual([result.model, result.modelId, result.finishReason, result.toolCalls], ['fake', MODEL, 'length', []])
    assert.deepEqual(events.map(({ kind }) => kind), ['finding', 'connected', 'route'])
    assert.deepEqual(events.find(({ kind }) => kind === 'connected'), { kind: 'connected', peerId: 'a', way: 'websocket', address: '/ip4/127.0.0.1/tcp/1/ws' })
    assert.deepEqual(await swarm.chat(ASK).then(({ tokens }) => tokens), ids)
  })

  it('asks nobody before it is read', async () => {
    const { swarm, events } = await overFake()
    swarm.generate(ASK)
    await settle()
    assert.deepEqual(events, [])
  })

  it('gives text that was held back to the end', async () => {
    const { swarm } = visiting(saying({ kind: 'token', id: 1, text: 'a' }, { kind: 'token', id: 2, text: '' }, { ...DONE, text: 'ab', tokens: [1, 2] }))
    const tokens: Token[] = []
    for await (const token of swarm.generate({ prompt: 'x' })) tokens.push(token)
    assert.deepEqual(tokens, [{ id: 1, text: 'a' }, { id: 2, text: '' }, { text: 'b' }])
  })

  it('tells of repairs and tool calls, to the listener of the answer and to that of the client', async () => {
    const call = { id: 'c', name: 'f', arguments: '{}' }
    const { swarm, events } = visiting(saying({ kind: 'repaired', lost: [], tookMs: 1, replayed: 2, route: [] }, { kind: 'toolCall', index: 0, call }, { ...DONE, finishReason: 'tool_calls', toolCalls: [call] }))
    const heard: ProgressEvent[] = []
    const { toolCalls } = await swarm.chat({ prompt: 'x' }, { on: (event) => { heard.push(event) } })
    assert.deepEqual(heard.map(({ kind }) => kind), ['finding', 'repaired', 'toolCall'])
    assert.deepEqual(events, heard)
    assert.deepEqual(toolCalls, [call])
  })

  it('ends with the signal\'s reason, at once and in the middle, and frees what was reserved', async () => {
    const { fake, idle, swarm } = await overFake()
    await assert.rejects(swarm.chat(ASK, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    const controller = new AbortController()
    const answer = swarm.generate({ ...ASK, maxTokens: 100 }, { signal: controller.signal })
    await assert.rejects(async () => {
      for await (const { id } of answer) if (id !== undefined) controller.abort(new Error('enough'))
    }, { message: 'enough' })
    await assert.rejects(answer.result(), { message: 'enough' })
    await settle()
    await fake.clock.advance(2000)
    assert.ok(idle())
  })

  it('frees what was reserved when its reader leaves', async () => {
    const { fake, idle, swarm } = await overFake()
    const answer = swarm.generate({ ...ASK, maxTokens: 100 })
    for await (const { id } of answer) if (id !== undefined) break
    await assert.rejects(answer.result(), { name: 'AbortError' })
    await settle()
    await fake.clock.advance(2000)
    assert.ok(idle())
  })

  it('ends its answers with ClosedError when it is closed, and takes no more', async () => {
    const { swarm, closed } = await overFake()
    await assert.rejects(async () => {
      for await (const { id } of swarm.generate({ ...ASK, maxTokens: 100 })) if (id !== undefined) void swarm.close()
    }, { name: 'ClosedError' })
    assert.ok(closed())
    await assert.rejects(swarm.chat(ASK), { name: 'ClosedError' })
    await assert.rejects(swarm.models(), { name: 'ClosedError' })
  })

  it('fails with the errors of the swarm, and every time that it is asked for the end', async () => {
    const { swarm } = await overFake()
    const answer = swarm.generate({ ...ASK, prompt: [1_000_000] })
    await assert.rejects(answer.result(), { name: 'RequestError' })
    await assert.rejects(answer.result(), { name: 'RequestError' })
    await assert.rejects(swarm.chat({ ...ASK, prompt: Array.from({ length: 10_000 }, () => 1) }), { name: 'ContextLengthError' })
    await assert.rejects(swarm.chat({}), { name: 'RequestError' })
  })

  it('does not take an end without a word for an answer', async () => {
    const { swarm } = visiting(saying({ kind: 'token', id: 1, text: 'a' }))
    await assert.rejects(swarm.chat({ prompt: 'x' }), /ended without saying so/)
  })
})

describe('connect', () => {
  const cases: ReadonlyArray<readonly [string, Parameters<typeof connect>[0], string]> = [
    ['nothing to join', { bootstrap: [] }, 'BadAddressError'],
    ['an address that is none', { bootstrap: 'example.org:4484' }, 'BadAddressError'],
    ['a damaged invite', { bootstrap: 'shoal1xxxx' }, 'BadAddressError'],
    ['a key that is none', { bootstrap: '/ip4/127.0.0.1/tcp/1', psk: 'secret' }, 'BadAddressError'],
    ['nobody at the address', { bootstrap: '/ip4/127.0.0.1/tcp/1' }, 'JoinError'],
    ['a signal that ended', { bootstrap: '/ip4/127.0.0.1/tcp/1', signal: AbortSignal.abort() }, 'AbortError']
  ]
  for (const [what, init, name] of cases) {
    it(`fails with ${name} for ${what}`, async () => {
      await assert.rejects(connect(init), { name })
    })
  }
})
