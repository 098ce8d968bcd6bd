import assert from 'node:assert/strict'
import { RING_PROTOCOL } from '../../../protocols/ring/index.ts'
import { CONTEXT, greedy, textOf } from '../support/fake-model.ts'
import { MODEL, REQUEST, fakeSwarm, record, tokensOf, type FakeSwarm, type FakeSwarmInit } from '../support/fake-swarm.ts'
import { settle } from '../support/virtual-clock.ts'
import type { GenerateEvent, GenerateRequest } from '../../../src/pipeline/index.ts'

const THREE = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]] } satisfies FakeSwarmInit
const PROMPT = [1, 2, 3, 4, 5]

const nothingHeld = async (swarm: FakeSwarm): Promise<void> => {
  await swarm.clock.advance(2000)
  assert.deepEqual(swarm.nodes.map(({ runner, server }) => [runner.reserved, server.sessions]), swarm.nodes.map(() => [0, 0]))
  assert.equal(swarm.coordinator.sessions, 0)
  assert.ok(swarm.network.links.every(({ ends }) => ends[0].closed), 'a link stayed open')
}

/** Runs until so many tokens have come, then does something; resolves with how it ended. */
async function interrupted (swarm: FakeSwarm, after: number, act: () => void, request: Partial<GenerateRequest> = {}, signal?: AbortSignal): Promise<{ events: GenerateEvent[], error: unknown }> {
  const events: GenerateEvent[] = []
  try {
    if (after === 0) act()
    let tokens = 0
    for await (const event of swarm.coordinator.generate({ ...REQUEST, ...request }, signal === undefined ? {} : { signal })) {
      events.push(event)
      if (event.kind === 'token' && ++tokens === after) act()
    }
    return { events, error: undefined }
  } catch (error) {
    return { events, error }
  }
}

describe('coordinator', () => {
  it('tells of the route, every token, and the whole', async () => {
    const swarm = await fakeSwarm(THREE)
    const events = await swarm.ask()
    const expected = await greedy(PROMPT, 12)
    const [started] = events
    assert.ok(started?.kind === 'started' && /^[0-9a-f]{32}$/.test(started.sessionId))
    assert.deepEqual(started.route, [{ peerId: 'a', span: [0, 2] }, { peerId: 'b', span: [2, 4] }, { peerId: 'x', span: [4, 6] }])
    assert.deepEqual(events.flatMap((event) => event.kind === 'token' ? [event.id] : []), expected)
    const done = events.at(-1)
    assert.ok(done?.kind === 'done')
    assert.deepEqual([done.text, done.tokens, done.finishReason, done.usage], [
      expected.map(textOf).join(''), expected, 'length', { promptTokens: 5, completionTokens: 12, cachedTokens: 0 }
    ])
    await nothingHeld(swarm)
  })

  it('stops at an end-of-text token without telling its id, unless it is asked not to', async () => {
    const expected = await greedy(PROMPT, 12)
    const eos = expected[5] ?? 0
    const swarm = await fakeSwarm({ ...THREE, eos: [eos] })
    const done = (await swarm.ask()).at(-1)
    assert.ok(done?.kind === 'done')
    assert.deepEqual([done.tokens, done.finishReason], [expected.slice(0, expected.indexOf(eos)), 'stop'])
    assert.deepEqual(tokensOf(await swarm.ask({ ignoreEos: true })), expected)
    await nothingHeld(swarm)
  })

  it('ends before a stop string that spans tokens, and tells nothing of it', async () => {
    const expected = await greedy(PROMPT, 12)
    const text = expected.map(textOf).join('')
    const swarm = await fakeSwarm(THREE)
    const events = await swarm.ask({ stop: [text.slice(4, 7), 'never'] })
    const done = events.at(-1)
    assert.ok(done?.kind === 'done')
    const at = text.indexOf(text.slice(4, 7))
    assert.deepEqual([done.text, done.finishReason, done.tokens], [text.slice(0, at), 'stop', expected.slice(0, at + 3)])
    assert.equal(events.flatMap((event) => event.kind === 'token' ? [event.text] : []).join(''), done.text)
    await nothingHeld(swarm)
  })

  it('tells text that only looked like a stop string', async () => {
    const text = (await greedy(PROMPT, 12)).map(textOf).join('')
    const swarm = await fakeSwarm(THREE)
    const events = await swarm.ask({ stop: [`${text.slice(4, 7)}§`, `${text.slice(-2)}§`] })
    assert.equal(events.flatMap((event) => event.kind === 'token' ? [event.text] : []).join(''), text)
    const done = events.at(-1)
    assert.ok(done?.kind === 'done' && done.text === text && done.finishReason === 'length')
  })

  it('scores a prompt: the log probability of each token given those before it', async () => {
    const swarm = await fakeSwarm({ ...THREE, coordinator: { chunkRows: 4 } })
    const ids = Array.from({ length: 70 }, (_, index) => (index * 7) % 64)
    const events = await swarm.ask({ prompt: { kind: 'ids', ids }, maxTokens: 0, scorePrompt: true, sampling: { logprobs: 3 } })
    const scored = events.flatMap((event) => event.kind === 'scored' ? event.tokens : [])
    assert.deepEqual(scored.map(({ id }) => id), ids)
    assert.equal(scored[0]?.logprob, null)
    assert.ok(scored.slice(1).every(({ logprob, top }) => logprob !== null && logprob <= 0 && top.length === 3 && (top[0]?.logprob ?? 1) <= 0 && (top[0]?.logprob ?? 0) >= logprob))
    const next = await greedy(ids.slice(0, 50), 1)
    assert.equal(scored[50]?.top[0]?.id, next[0])
    const done = events.at(-1)
    assert.ok(done?.kind === 'done' && done.tokens.length === 0 && done.finishReason === 'length')
    await nothingHeld(swarm)
  })

  it('scores a prompt of one token, and one with an answer behind it', async () => {
    const swarm = await fakeSwarm(THREE)
    const one = await swarm.ask({ prompt: { kind: 'ids', ids: [9] }, maxTokens: 0, scorePrompt: true })
    assert.deepEqual(one.map(({ kind }) => kind), ['started', 'scored', 'done'])
    const events = await swarm.ask({ scorePrompt: true, maxTokens: 4 })
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, 4))
    assert.equal(events.flatMap((event) => event.kind === 'scored' ? event.tokens : []).length, 5)
  })

  it('reports log probabilities where they are asked for', async () => {
    const swarm = await fakeSwarm(THREE)
    const events = await swarm.ask({ sampling: { temperature: 0, logprobs: 2 } })
    for (const event of events) {
      if (event.kind === 'token') assert.deepEqual([event.top?.length, event.top?.[0]?.id, event.top?.[0]?.logprob], [2, event.id, event.logprob])
    }
  })

  it('draws the same tokens from the same seed, however the ring is split', async () => {
    const request: Partial<GenerateRequest> = { sampling: { temperature: 2, topP: 0.9, repetitionPenalty: 1.3, seed: 42n }, maxTokens: 30 }
    const first = tokensOf(await (await fakeSwarm(THREE)).ask(request))
    assert.deepEqual(tokensOf(await (await fakeSwarm({ spans: [['a', 0, 6]] })).ask(request)), first)
    assert.notDeepEqual(tokensOf(await (await fakeSwarm(THREE)).ask({ ...request, sampling: { ...request.sampling, seed: 43n } })), first)
  })

  const wrong: Array<[name: string, request: Partial<GenerateRequest>, error: string, message: RegExp]> = [
    ['an unknown model', { modelId: 'nothing' }, 'UnknownModelError', /nothing/],
    ['a prompt longer than the context', { prompt: { kind: 'ids', ids: new Array<number>(CONTEXT + 44).fill(1) } }, 'ContextLengthError', /300.*256/],
    ['a prompt as long as the context', { prompt: { kind: 'ids', ids: new Array<number>(CONTEXT).fill(1) } }, 'ContextLengthError', /256.*256/],
    ['an empty prompt', { prompt: { kind: 'ids', ids: [] } }, 'RequestError', /empty/],
    ['no messages', { prompt: { kind: 'chat', messages: [] } }, 'RequestError', /messages/],
    ['a token that there is not', { prompt: { kind: 'ids', ids: [1, 64] } }, 'RequestError', /64/],
    ['a temperature below zero', { sampling: { temperature: -1 } }, 'RequestError', /temperature/],
    ['a top-p that is not a number', { sampling: { topP: NaN } }, 'RequestError', /topP/],
    ['a bias for a token that there is not', { sampling: { logitBias: new Map([[999, 1]]) } }, 'RequestError', /999/],
    ['too many alternatives', { sampling: { logprobs: 65 } }, 'RequestError', /logprobs/],
    ['too many stop strings', { stop: Array.from({ length: 65 }, String) }, 'RequestError', /65/],
    ['a negative number of tokens', { maxTokens: -1 }, 'RequestError', /maxTokens/]
  ]
  for (const [name, request, error, message] of wrong) {
    it(`refuses ${name}, in words`, async () => {
      const swarm = await fakeSwarm(THREE)
      await assert.rejects(swarm.ask(request), { name: error, message })
      assert.equal(swarm.network.links.length, 0)
    })
  }

  it('gives an answer that fills the context', async () => {
    const ids = new Array<number>(CONTEXT - 3).fill(1)
    const events = await (await fakeSwarm(THREE)).ask({ prompt: { kind: 'ids', ids }, maxTokens: 100 })
    assert.deepEqual(tokensOf(events), await greedy(ids, 3))
  })

  it('says which layers nobody serves, after asking the swarm again', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['x', 4, 6]] })
    await assert.rejects(swarm.ask(), { name: 'UncoveredError', message: /2:4/ })
  })

  it('says so when spans overlap and do not join up', async () => {
    await assert.rejects((await fakeSwarm({ spans: [['a', 0, 4], ['x', 2, 6]] })).ask(), { name: 'UncoveredError', message: /join/ })
  })

  it('enters spans in their middle where they do not join up otherwise', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 4], ['x', 2, 6]], divisible: true })
    const events = await swarm.ask()
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, 12))
    const [started] = events
    assert.ok(started?.kind === 'started' && started.route.some(({ span: [start, end] }) => end - start < 4))
  })

  it('finds the spans that join up among those that do not', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 4], ['b', 1, 5], ['d', 2, 6], ['x', 4, 6]] })
    assert.deepEqual(tokensOf(await swarm.ask()), await greedy(PROMPT, 12))
  })

  it('takes another route round a stage that is busy, gone, silent, or refuses, and answers', async () => {
    const doubles = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['z', 2, 4]] } satisfies FakeSwarmInit
    for (const spoil of [
      (swarm: FakeSwarm) => { for (const node of swarm.nodes) if (node.peerId === 'b') node.runner.refusal = Object.assign(new Error('full'), { name: 'NoCapacityError' }) },
      (swarm: FakeSwarm) => { swarm.network.kill('b') },
      (swarm: FakeSwarm) => { swarm.network.mute('b') },
      (swarm: FakeSwarm) => { void swarm.nodes[1]?.server.drain().catch(() => undefined) },
      (swarm: FakeSwarm) => { const [, node] = swarm.nodes; if (node !== undefined) node.runner.after = (output) => { output.fill(NaN) } }
    ]) {
      const swarm = await fakeSwarm(doubles)
      spoil(swarm)
      const asked = swarm.ask()
      await swarm.clock.advance(15_000)
      const events = await asked
      assert.deepEqual(tokensOf(events), await greedy(PROMPT, 12))
      assert.deepEqual(events[0]?.kind === 'started' ? events[0].route.map(({ peerId }) => peerId) : [], ['a', 'z', 'x'])
      await swarm.clock.advance(11_000)
      assert.deepEqual(swarm.nodes.filter(({ peerId }) => peerId !== 'b').map(({ runner }) => runner.reserved), [0, 0, 0])
    }
  })

  it('names the stage that died within the same moment, to the reader', async () => {
    for (const peerId of ['a', 'b', 'x']) {
      const swarm = await fakeSwarm(THREE)
      const { events, error } = await interrupted(swarm, 3, () => { swarm.network.kill(peerId) })
      assert.ok(error instanceof Error && error.name === 'PeerFaultError' && 'peerId' in error && error.peerId === peerId, String(error))
      assert.match(error.message, new RegExp(`${peerId} \\(layers \\d:\\d\\)`))
      assert.ok(events.filter(({ kind }) => kind === 'token').length >= 3)
      await swarm.clock.advance(2000)
      assert.deepEqual(swarm.nodes.filter((node) => node.peerId !== peerId).map(({ runner }) => runner.reserved), [0, 0])
    }
  })

  it('names a stage that falls silent within 3 s, whoever it is', async () => {
    for (const peerId of ['a', 'b', 'x']) {
      const swarm = await fakeSwarm(THREE)
      let ended: { error: unknown } | undefined
      const running = interrupted(swarm, 3, () => { swarm.network.mute(peerId) }).then((result) => { ended = result })
      await swarm.clock.advance(3000)
      assert.ok(ended !== undefined, 'still waiting')
      const { error } = ended
      assert.ok(error instanceof Error && error.name === 'PeerFaultError' && 'peerId' in error && error.peerId === peerId, String(error))
      await running
      await swarm.clock.advance(11_000)
      assert.deepEqual(swarm.nodes.map(({ runner }) => runner.reserved), [0, 0, 0])
    }
  })

  it('leaves a peer that was at fault out of the next route for a while, unless there is no other', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['z', 2, 4]] })
    await interrupted(swarm, 3, () => { swarm.nodes[1]?.server.stop().catch(() => undefined); swarm.network.kill('b') })
    const dialled = async (): Promise<string[]> => {
      const before = swarm.network.links.length
      await swarm.ask()
      return swarm.network.links.slice(before).filter(({ from }) => from === 'c').map(({ to }) => to)
    }
    assert.deepEqual(await dialled(), ['a', 'z', 'x'])
    const alone = await fakeSwarm(THREE)
    const [, broken] = alone.nodes
    if (broken !== undefined) broken.runner.after = (output) => { output.fill(NaN) }
    await assert.rejects(alone.ask(), { name: 'PeerFaultError' })
    if (broken !== undefined) broken.runner.after = () => undefined
    assert.deepEqual(tokensOf(await alone.ask()), await greedy(PROMPT, 12))
  })

  it('blames nobody when all fall silent at once: that is its own network', async () => {
    const swarm = await fakeSwarm(THREE)
    const running = interrupted(swarm, 3, () => { swarm.network.mute('c') })
    await swarm.clock.advance(3000)
    const { error } = await running
    assert.ok(error instanceof Error && error.name === 'NoCapacityError' && /lost its network/.test(error.message), String(error))
  })

  it('waits for a stage that is slow and says so', async () => {
    const swarm = await fakeSwarm(THREE)
    const gate = Promise.withResolvers<undefined>()
    const [, slow] = swarm.nodes
    if (slow !== undefined) slow.runner.before = (position) => position === 6 ? gate.promise.then(() => undefined) : undefined
    const asked = swarm.ask()
    await swarm.clock.advance(60_000)
    gate.resolve(undefined)
    assert.deepEqual(tokensOf(await asked), await greedy(PROMPT, 12))
    await nothingHeld(swarm)
  })

  it('cancels by signal: all stages are free at once, and the events say so', async () => {
    for (const after of [0, 1, 5]) {
      const swarm = await fakeSwarm(THREE)
      const cancel = new AbortController()
      const { events, error } = await interrupted(swarm, after, () => { cancel.abort() }, { maxTokens: 100 }, cancel.signal)
      assert.equal(error, undefined)
      const done = events.at(-1)
      assert.ok(done?.kind === 'done' && done.finishReason === 'cancelled' && done.tokens.length >= after)
      await settle()
      assert.deepEqual(swarm.nodes.map(({ runner }) => runner.reserved), [0, 0, 0])
      await nothingHeld(swarm)
    }
  })

  it('cancels while a stage computes', async () => {
    const swarm = await fakeSwarm(THREE)
    const cancel = new AbortController()
    const [, slow] = swarm.nodes
    if (slow !== undefined) slow.runner.before = () => { cancel.abort(); return new Promise<void>(() => undefined) }
    const done = (await swarm.ask({}, cancel.signal)).at(-1)
    assert.ok(done?.kind === 'done' && done.finishReason === 'cancelled')
    await nothingHeld(swarm)
  })

  it('cancels when its reader walks away', async () => {
    const swarm = await fakeSwarm(THREE)
    for await (const event of swarm.coordinator.generate({ ...REQUEST, maxTokens: 100 })) if (event.kind === 'token') break
    await nothingHeld(swarm)
  })

  it('takes a bounded number of generations', async () => {
    const swarm = await fakeSwarm({ ...THREE, coordinator: { maxSessions: 1 } })
    await interrupted(swarm, 1, () => {
      assert.rejects(swarm.ask(), { name: 'NoCapacityError' }).catch((error: unknown) => { throw error })
    })
    assert.deepEqual(tokensOf(await swarm.ask()), await greedy(PROMPT, 12))
  })

  it('says no capacity, and when to come back, where every slot is taken', async () => {
    const swarm = await fakeSwarm({ ...THREE, slots: 1 })
    await interrupted(swarm, 1, () => undefined)
    const hold = swarm.nodes[1]?.runner.reserve(10)
    await assert.rejects(swarm.ask(), (error: Error) => error.name === 'NoCapacityError' && 'retryAfterMs' in error && Number(error.retryAfterMs) > 0)
    hold?.release()
    assert.equal(tokensOf(await swarm.ask()).length, 12)
    await nothingHeld(swarm)
  })

  it('runs many sessions at once without mixing them up', async () => {
    const swarm = await fakeSwarm({ ...THREE, slots: 10 })
    const prompts = Array.from({ length: 8 }, (_, index) => [index, index + 1, index * 3])
    const answers = await Promise.all(prompts.map((ids) => swarm.ask({ prompt: { kind: 'ids', ids } })))
    assert.deepEqual(answers.map(tokensOf), await Promise.all(prompts.map((ids) => greedy(ids, 12))))
    await nothingHeld(swarm)
  })

  it('sends the prompt through the stages in chunks that follow one another', async () => {
    const swarm = await fakeSwarm({ ...THREE, coordinator: { chunkRows: 4 } })
    const ids = Array.from({ length: 13 }, (_, index) => index)
    await swarm.ask({ prompt: { kind: 'ids', ids }, maxTokens: 1 })
    for (const { runner } of swarm.nodes) {
      const last = runner.isTail ? 1 : 0
      assert.deepEqual(runner.runs.map(({ position, rows, score }) => [position, rows, score]), [[0, 4, 0], [4, 4, 0], [8, 3, 0], [11, 2, last]])
    }
  })

  it('ends its generations with a reason when it stops', async () => {
    const swarm = await fakeSwarm(THREE)
    const { error } = await interrupted(swarm, 2, () => { void swarm.coordinator.stop() }, { maxTokens: 100 })
    assert.ok(error instanceof Error && error.name === 'NoCapacityError' && /stopping/.test(error.message), String(error))
    await nothingHeld(swarm)
  })

  it('uses spans of its own without a record of them in the swarm', async () => {
    const swarm = await fakeSwarm({ ...THREE, local: true })
    assert.ok(swarm.network.links.length === 0 && swarm.records.some(({ peerId }) => peerId === 'a'))
    assert.deepEqual(tokensOf(await swarm.ask()), await greedy(PROMPT, 12))
    assert.ok(swarm.network.links.some(({ from, to, protocol }) => from === 'a' && to === 'a' && protocol === RING_PROTOCOL))
    assert.equal(record('a', []).spans.length, 0)
    assert.equal(MODEL, REQUEST.modelId)
  })
})
