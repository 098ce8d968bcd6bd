import assert from 'node:assert/strict'
import { payloadOf, readHeader } from '../../../protocols/frame/index.ts'
import { Open, RingType } from '../../../protocols/ring/index.ts'
import { PROMPT, REQUESTED, SPARES, TOKENS, fakeSwarm, nothingHeld, slow, withTime } from '../support/disturbed.ts'
import { greedy } from '../support/fake-model.ts'
import { REQUEST, tokensOf, type FakeSwarm } from '../support/fake-swarm.ts'
import { settle } from '../support/virtual-clock.ts'
import type { GenerateEvent, GenerateRequest, TakeOver } from '../../../src/pipeline/index.ts'

type Started = Extract<GenerateEvent, { kind: 'started' }>

interface Lost {
  readonly started: Started
  readonly tokens: number[]
  readonly takeOver: TakeOver
  /** What is left of the coordinator gives up too. */
  leave (): Promise<unknown>
}

/** Asks the coordinator, and loses it when so many tokens have come. */
async function lose (swarm: FakeSwarm, coordinator: string, after: number, request: Partial<GenerateRequest> = {}, how: 'kill' | 'mute' | 'stop' | 'none' = 'kill'): Promise<Lost> {
  const events = swarm.coordinator.generate({ ...REQUEST, ...REQUESTED, ...request }, { remote: true })[Symbol.asyncIterator]()
  let started: Started | undefined
  const tokens: number[] = []
  while (tokens.length < after) {
    const step = await withTime(swarm, events.next())
    if (step.done === true) break
    if (step.value.kind === 'started') started = step.value
    if (step.value.kind === 'token') tokens.push(step.value.id)
  }
  assert.ok(started?.takeOverKey !== undefined)
  if (how === 'kill' || how === 'mute') swarm.network[how](coordinator)
  if (how === 'stop') await swarm.coordinator.stop()
  return {
    started, tokens, takeOver: { sessionId: started.sessionId, key: started.takeOverKey, route: started.route, lost: coordinator },
    leave: async () => await events.return?.().catch(() => undefined)
  }
}

/** Goes on at another one. */
async function goOn (swarm: FakeSwarm, at: string, { started, tokens, takeOver }: Lost, request: Partial<GenerateRequest> = {}): Promise<GenerateEvent[]> {
  const coordinator = await swarm.coordinate(at)
  return await withTime(swarm, (async () => {
    const events: GenerateEvent[] = []
    const rest = { ...REQUEST, ...REQUESTED, ...request, prompt: { kind: 'ids', ids: started.promptIds }, generatedIds: tokens, takeOver } as const
    for await (const event of coordinator.generate({ ...rest, sampling: { ...rest.sampling, seed: started.seed } })) events.push(event)
    return events
  })())
}

const startedOf = (events: readonly GenerateEvent[]): Started | undefined => events.find((event) => event.kind === 'started')
const runsOf = (swarm: FakeSwarm): Record<string, number> => Object.fromEntries(swarm.nodes.map(({ peerId, runner }) => [peerId, runner.runs.length]))

describe('an answer whose coordinator is lost', () => {
  for (const how of ['kill', 'mute'] as const) {
    it(`goes on with what its stages hold where the coordinator was none of them (${how})`, async () => {
      const expected = await greedy(PROMPT, TOKENS)
      for (let after = 1; after < TOKENS; after++) {
        const swarm = await fakeSwarm(SPARES)
        const lost = await lose(swarm, 'c', after, {}, how)
        const before = runsOf(swarm)
        const events = await goOn(swarm, 'd', lost)
        assert.deepEqual(tokensOf(events), expected, `after ${after}`)
        assert.deepEqual(startedOf(events)?.route, lost.started.route)
        for (const peerId of ['a', 'b', 'x']) {
          const runs = (runsOf(swarm)[peerId] ?? 0) - (before[peerId] ?? 0)
          assert.ok(runs <= TOKENS - after + 1, `${peerId} ran ${runs} times, ${TOKENS - after} tokens were left`)
        }
        assert.ok((startedOf(events)?.replayed ?? Infinity) <= 1)
        await lost.leave()
        await nothingHeld(swarm)
      }
    })
  }

  it('computes anew only what the lost one computed where it was a stage, in the shapes of the first time', async () => {
    const expected = await greedy(PROMPT, TOKENS)
    for (let after = 1; after < TOKENS; after++) {
      const swarm = await fakeSwarm({ ...SPARES, local: true })
      const lost = await lose(swarm, 'a', after)
      const before = runsOf(swarm)
      const events = await goOn(swarm, 'a2', lost)
      assert.deepEqual(tokensOf(events), expected, `after ${after}`)
      assert.deepEqual(startedOf(events)?.route.map(({ peerId }) => peerId), ['a2', 'b', 'x'])
      for (const peerId of ['b', 'x']) assert.ok((runsOf(swarm)[peerId] ?? 0) - (before[peerId] ?? 0) <= TOKENS - after + 1, peerId)
      const replacement = swarm.nodes.find(({ peerId }) => peerId === 'a2')
      assert.deepEqual(replacement?.runner.runs.slice(0, 2).map(({ position, rows }) => [position, rows]), [[0, 9], [9, 1]])
      // rows before the next token go first, and no others
      for (const { position, rows, catchesUp } of replacement?.runner.runs ?? []) assert.equal(catchesUp, rows === 1 && position < 9 + after - 1, `position ${position}`)
      await lost.leave()
      await nothingHeld(swarm, ['a'])
    }
  })

  for (const stops of [false, true]) it(`finds the standby of the stage that the lost one was, in a long answer${stops ? ', also where that stops' : ''}`, async () => {
    const maxTokens = 120
    const expected = await greedy(PROMPT, maxTokens)
    const swarm = await fakeSwarm({ spans: [...SPARES.spans, ['a3', 0, 2], ['a4', 0, 2]], local: true, coordinator: { standbyFrom: 20 } })
    slow(swarm)
    const lost = await lose(swarm, 'a', 90, { maxTokens }, stops ? 'stop' : 'kill')
    const standby = swarm.nodes.filter(({ peerId, runner }) => /^a\d/.test(peerId) && runner.runs.length > 0).map(({ peerId }) => peerId)
    assert.equal(standby.length, 1)
    const before = runsOf(swarm)
    const events = await goOn(swarm, 'd', lost, { maxTokens })
    assert.deepEqual(tokensOf(events), expected)
    assert.deepEqual(startedOf(events)?.route.map(({ peerId }) => peerId), [...standby, 'b', 'x'])
    const replayed = startedOf(events)?.replayed ?? Infinity
    assert.ok(replayed <= 64 + 2, `${replayed} positions`)
    for (const peerId of ['b', 'x']) assert.ok((runsOf(swarm)[peerId] ?? 0) - (before[peerId] ?? 0) <= maxTokens - 90 + 1, peerId)
    await lost.leave()
    await nothingHeld(swarm, ['a'])
  })

  it('has no standby of its own stages where whoever asks is in the same process', async () => {
    const swarm = await fakeSwarm({ ...SPARES, local: true, coordinator: { standbyFrom: 20 } })
    slow(swarm)
    await withTime(swarm, swarm.ask({ ...REQUESTED, maxTokens: 120 }))
    assert.deepEqual(swarm.nodes.map(({ runner }) => runner.runs.length > 0), [true, true, true, false, true, true])
  })

  it('draws the same tokens where it samples, with penalties', async () => {
    const sampling = { temperature: 2, topP: 0.95, repetitionPenalty: 1.2, frequencyPenalty: 0.5, seed: 7n }
    const expected = tokensOf(await (await fakeSwarm(SPARES)).ask({ ...REQUESTED, sampling }))
    for (const after of [1, 4, 11]) {
      const swarm = await fakeSwarm({ ...SPARES, local: true })
      const lost = await lose(swarm, 'a', after, { sampling })
      assert.deepEqual(tokensOf(await goOn(swarm, 'b', lost, { sampling })), expected)
    }
  })

  it('goes on with what its stages hold where the coordinator stops, or finds no other route', async () => {
    const expected = await greedy(PROMPT, TOKENS)
    for (const stops of [true, false]) {
      const swarm = await fakeSwarm({ spans: SPARES.spans.slice(0, 3) })
      slow(swarm)
      const events = swarm.coordinator.generate({ ...REQUEST, ...REQUESTED }, { remote: true })[Symbol.asyncIterator]()
      const started = (await withTime(swarm, events.next())).value as Started // `as`: the first event
      const tokens: number[] = []
      const failure = await withTime(swarm, (async () => {
        for (let step = await events.next(); step.done !== true; step = await events.next()) {
          if (step.value.kind === 'token') tokens.push(step.value.id)
          if (tokens.length !== 5) continue
          if (stops) await swarm.coordinator.stop()
          else swarm.network.cut('c', 'x')
        }
        return undefined
      })().catch((error: unknown) => error))
      assert.ok(failure instanceof Error, `${stops}: ${tokens.length} tokens`)
      const before = runsOf(swarm)
      const takeOver = { sessionId: started.sessionId, key: started.takeOverKey ?? '', route: started.route, lost: 'c' }
      const rest = await goOn(swarm, 'd', { started, tokens, takeOver, leave: () => Promise.resolve() })
      assert.deepEqual(tokensOf(rest), expected)
      for (const peerId of ['a', 'b', 'x']) assert.ok((runsOf(swarm)[peerId] ?? 0) - (before[peerId] ?? 0) <= TOKENS - tokens.length + 1, peerId)
      await nothingHeld(swarm)
    }
  })

  it('shows each stage a key of its own, and names no prompt whose KV it takes over', async () => {
    const swarm = await fakeSwarm(SPARES)
    const lost = await lose(swarm, 'c', 5)
    const opens: Open[] = []
    swarm.network.disturb = (frame, from) => {
      if (from === 'd' && readHeader(frame).type === RingType.open) opens.push(Open.decode(payloadOf(frame)))
      return [frame]
    }
    await goOn(swarm, 'd', lost)
    const keys = opens.map(({ takeOver }) => Buffer.from(takeOver?.key ?? []).toString('hex'))
    assert.deepEqual([keys.length, new Set(keys).size, opens.map(({ prefix }) => prefix.length)], [3, 3, [0, 0, 0]])
    assert.ok(keys.every((key) => key.length === 64 && !key.includes(lost.takeOver.key)))
    await lost.leave()
  })

  it('blames nobody where it is not lost at all', async () => {
    const swarm = await fakeSwarm(SPARES)
    slow(swarm)
    const lost = await lose(swarm, 'c', 5, {}, 'none')
    assert.deepEqual(tokensOf(await goOn(swarm, 'd', lost)), await greedy(PROMPT, TOKENS))
    await lost.leave()
    const events = await withTime(swarm, swarm.ask(REQUESTED))
    assert.deepEqual(startedOf(events)?.route.map(({ peerId }) => peerId), ['a', 'b', 'x'])
    await nothingHeld(swarm)
  })

  it('keeps what a stage holds where its next one is lost too', async () => {
    const swarm = await fakeSwarm(SPARES)
    const lost = await lose(swarm, 'c', 6)
    swarm.network.kill('x')
    const before = runsOf(swarm)
    const events = await goOn(swarm, 'd', lost)
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    assert.deepEqual(startedOf(events)?.route.map(({ peerId }) => peerId), ['a', 'b', 'x2'])
    for (const peerId of ['a', 'b']) assert.ok((runsOf(swarm)[peerId] ?? 0) - (before[peerId] ?? 0) <= TOKENS - 6 + 1, peerId)
    await lost.leave()
    await nothingHeld(swarm, ['x'])
  })

  it('is gone on with where the next coordinator is lost too, before it could say a word', async () => {
    const swarm = await fakeSwarm(SPARES)
    slow(swarm)
    const lost = await lose(swarm, 'c', 6)
    const second = await swarm.coordinate('d')
    const { started, tokens, takeOver } = lost
    const events = second.generate({ ...REQUEST, ...REQUESTED, prompt: { kind: 'ids', ids: started.promptIds }, generatedIds: tokens, takeOver }, { remote: true })[Symbol.asyncIterator]()
    const first = events.next().catch(() => undefined)
    for (let turn = 0; turn < 20; turn++) await settle()
    assert.ok(swarm.nodes.slice(0, 3).every(({ server }) => server.sessions === 1))
    swarm.network.kill('d')
    const before = runsOf(swarm)
    assert.deepEqual(tokensOf(await goOn(swarm, 'e', lost)), await greedy(PROMPT, TOKENS))
    for (const peerId of ['a', 'b', 'x']) assert.ok((runsOf(swarm)[peerId] ?? 0) - (before[peerId] ?? 0) <= TOKENS - tokens.length + 1, peerId)
    await withTime(swarm, first)
    await events.return?.()
    await lost.leave()
    await nothingHeld(swarm)
  })

  it('loses another stage with it, and the stage that took over', async () => {
    const expected = await greedy(PROMPT, TOKENS)
    const swarm = await fakeSwarm(SPARES)
    const lost = await lose(swarm, 'c', 6)
    swarm.network.kill('b')
    for (const { peerId, runner } of swarm.nodes) if (peerId === 'b2') runner.before = (position) => { if (position > 12) swarm.network.kill('b2') }
    const spare = await goOn(await Promise.resolve(swarm), 'd', lost).catch((error: unknown) => error)
    // b and b2 were all that served these layers
    assert.ok(spare instanceof Error)

    const again = await fakeSwarm({ spans: [...SPARES.spans, ['b3', 2, 4]] })
    const second = await lose(again, 'c', 6)
    again.network.kill('b')
    for (const { peerId, runner } of again.nodes) if (peerId === 'b2') runner.before = (position) => { if (position > 12) again.network.kill('b2') }
    assert.deepEqual(tokensOf(await goOn(again, 'd', second)), expected)
  })

  it('begins anew, with the same words, for whoever has not the key, or tells of a route that is none', async () => {
    const expected = await greedy(PROMPT, TOKENS)
    const wrong: Array<(takeOver: TakeOver) => TakeOver> = [
      (takeOver) => ({ ...takeOver, key: '00'.repeat(16) }),
      (takeOver) => ({ ...takeOver, sessionId: '11'.repeat(16) }),
      (takeOver) => ({ ...takeOver, route: [] }),
      (takeOver) => ({ ...takeOver, route: [{ peerId: 'a', span: [0, 2] }, { peerId: 'x', span: [4, 6] }] }),
      (takeOver) => ({ ...takeOver, route: [{ peerId: 'nobody', span: [0, 6] }] })
    ]
    for (const change of wrong) {
      const swarm = await fakeSwarm(SPARES)
      const lost = await lose(swarm, 'c', 5)
      const events = await goOn(swarm, 'd', { ...lost, takeOver: change(lost.takeOver) })
      assert.deepEqual(tokensOf(events), expected)
      await lost.leave()
      await nothingHeld(swarm)
    }
  })

  it('takes nothing from a session at work without its key', async () => {
    const swarm = await fakeSwarm(SPARES)
    const other = await swarm.coordinate('d')
    const own = swarm.coordinator.generate({ ...REQUEST, ...REQUESTED })[Symbol.asyncIterator]()
    const first = (await withTime(swarm, own.next())).value as Started // `as`: the first event
    const takeOver = { sessionId: first.sessionId, key: '00'.repeat(16), route: first.route, lost: 'c' }
    const expected = await greedy(PROMPT, TOKENS)
    const stolen = await withTime(swarm, (async () => {
      for await (const event of other.generate({ ...REQUEST, ...REQUESTED, generatedIds: expected.slice(0, 3), takeOver })) if (event.kind === 'started') return event.replayed
      return undefined
    })())
    assert.ok((stolen ?? 0) > PROMPT.length)
    let tokens: readonly number[] = []
    for (let step = await withTime(swarm, own.next()); step.done !== true; step = await withTime(swarm, own.next())) if (step.value.kind === 'done') tokens = step.value.tokens
    assert.deepEqual(tokens, expected)
  })
})
