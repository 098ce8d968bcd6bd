import assert from 'node:assert/strict'
import { encodeFrame, readHeader } from '../../../protocols/frame/index.ts'
import { Fault, FaultKind, RingType } from '../../../protocols/ring/index.ts'
import { greedy, textOf } from '../support/fake-model.ts'
import { fakeSwarm as anySwarm, REQUEST, tokensOf, type FakeSwarm, type FakeSwarmInit } from '../support/fake-swarm.ts'
import { spillFile, type SpillFile } from '../../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../../support/shoal.ts'
import { watchedSpill, type WatchedSpill } from '../support/watched-spill.ts'
import type { GenerateEvent, GenerateRequest } from '../../../src/pipeline/index.ts'

/** Each span twice, and the whole once. */
const SPARES = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['a2', 0, 2], ['b2', 2, 4], ['x2', 4, 6]] } satisfies FakeSwarmInit
const PROMPT = Array.from({ length: 9 }, (_, index) => index * 5 % 64)
const TOKENS = 16
const REQUESTED: Partial<GenerateRequest> = { prompt: { kind: 'ids', ids: PROMPT }, maxTokens: TOKENS }

type Repaired = Extract<GenerateEvent, { kind: 'repaired' }>

/** Those with a number in their name are slower, so that the others are taken first. */
async function fakeSwarm (init: FakeSwarmInit): Promise<FakeSwarm> {
  const swarm = await anySwarm(init)
  swarm.records.splice(0, Infinity, ...swarm.records.map((each) => ({
    ...each, spans: each.spans.map((span) => ({ ...span, decodeMsPerToken: /\d/.test(each.peerId) ? 2 : 1 }))
  })))
  return swarm
}

/** Runs to the end, doing something when so many tokens have come. */
async function disturbed (swarm: FakeSwarm, after: number, act: () => void, request: Partial<GenerateRequest> = {}): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = []
  let tokens = 0
  if (after === 0) act()
  for await (const event of swarm.coordinator.generate({ ...REQUEST, ...REQUESTED, ...request })) {
    events.push(event)
    if (event.kind === 'token' && ++tokens === after) act()
  }
  return events
}

/** @param spill lets time pass only while its disk is at rest: time is not real, and the disk is */
async function withTime<T> (swarm: FakeSwarm, asked: Promise<T>, spill?: WatchedSpill): Promise<T> {
  let over = false
  void asked.catch(() => undefined).finally(() => { over = true })
  for (let step = 0; step < (spill === undefined ? 400 : 4000) && !over; step++) {
    await spill?.rest()
    await swarm.clock.advance(spill === undefined ? 100 : 5)
  }
  return await asked
}

const repairs = (events: readonly GenerateEvent[]): Repaired[] => events.filter((event) => event.kind === 'repaired')

async function nothingHeld (swarm: FakeSwarm, dead: readonly string[] = []): Promise<void> {
  await swarm.clock.advance(12_000)
  for (const { peerId, runner, server } of swarm.nodes) {
    if (!dead.includes(peerId)) assert.deepEqual([runner.reserved, server.sessions], [0, 0], peerId)
  }
}

describe('a session that loses a stage', () => {
  for (const peerId of ['a', 'b', 'x']) {
    it(`gives the same answer when ${peerId} dies, at whatever position it works, and tells once what happened`, async () => {
      const expected = await greedy(PROMPT, TOKENS)
      for (let at = 0; at < PROMPT.length + TOKENS - 1; at++) {
        const swarm = await fakeSwarm({ ...SPARES, coordinator: { chunkRows: 4 } })
        const victim = swarm.nodes.find((node) => node.peerId === peerId)
        assert.ok(victim !== undefined)
        victim.runner.before = (position) => { if (position >= at) swarm.network.kill(peerId) }
        const events = await withTime(swarm, disturbed(swarm, -1, () => undefined))
        assert.deepEqual(tokensOf(events), expected, `at ${at}`)
        assert.deepEqual(events.flatMap((event) => event.kind === 'token' ? [event.id] : []), expected)
        const route = ['a', 'b', 'x'].map((each) => each === peerId ? `${each}2` : each)
        const done = events.at(-1)
        assert.deepEqual(done?.kind === 'done' ? done.route.map((stage) => stage.peerId) : [], route)
        const [repaired, ...more] = repairs(events)
        // before the first token there is no answer to be mended; the prompt's last chunk begins two rows before its end
        if (at < PROMPT.length - 1) assert.equal(repaired, undefined)
        else assert.deepEqual([repaired?.lost.map((stage) => stage.peerId), repaired?.route.map((stage) => stage.peerId), more.length], [[peerId], route, 0])
        await nothingHeld(swarm, [peerId])
      }
    })

    it(`goes on without ${peerId} when it hangs`, async () => {
      const swarm = await fakeSwarm(SPARES)
      const events = await withTime(swarm, disturbed(swarm, 5, () => { swarm.network.mute(peerId) }))
      assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
      const [repaired] = repairs(events)
      assert.deepEqual(repaired?.lost.map((stage) => stage.peerId), [peerId])
      await nothingHeld(swarm)
    })
  }

  it('computes nothing anew in the stages before the one that is lost, and lets those behind it go on where they are', async () => {
    const swarm = await fakeSwarm(SPARES)
    let before: number[] = []
    const runs = (): number[] => swarm.nodes.slice(0, 3).map(({ runner }) => runner.runs.length)
    const events = await withTime(swarm, disturbed(swarm, 5, () => { before = runs(); swarm.network.kill('b') }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    const [head = 0, , last = 0] = runs().map((count, index) => count - (before[index] ?? 0))
    // one lap for each token that was left, and at most two that were under way
    assert.ok(head <= TOKENS - 5 + 2 && last <= TOKENS - 5 + 2, `${head} ${last}`)
    const replacement = swarm.nodes.find(({ peerId }) => peerId === 'b2')
    assert.deepEqual(replacement?.runner.runs.slice(0, 3).map(({ position, rows }) => [position, rows]), [[0, 9], [9, 1], [10, 1]], 'in the shapes of the first time')
  })

  it('draws the same tokens where it samples, with penalties, whichever stage is lost', async () => {
    const sampling = { temperature: 2, topP: 0.95, repetitionPenalty: 1.2, frequencyPenalty: 0.5, seed: 7n }
    const undisturbed = await fakeSwarm(SPARES)
    const expected = tokensOf(await undisturbed.ask({ ...REQUESTED, sampling }))
    for (const peerId of ['a', 'b', 'x']) {
      for (const after of [1, 4, 11]) {
        const swarm = await fakeSwarm(SPARES)
        const events = await withTime(swarm, disturbed(swarm, after, () => { swarm.network.kill(peerId) }, { sampling }))
        assert.deepEqual(tokensOf(events), expected, `${peerId} after ${after}`)
      }
    }
  })

  it('survives two deaths at once, and the death of a replacement', async () => {
    const expected = await greedy(PROMPT, TOKENS)
    const two = await fakeSwarm(SPARES)
    const events = await withTime(two, disturbed(two, 5, () => { two.network.kill('a'); two.network.kill('x') }))
    assert.deepEqual(tokensOf(events), expected)

    const spans = [...SPARES.spans, ['b3', 2, 4] as const]
    const again = await fakeSwarm({ spans })
    for (const { peerId, runner } of again.nodes) if (peerId === 'b2') runner.before = (position) => { if (position > 10) again.network.kill('b2') }
    assert.deepEqual(tokensOf(await withTime(again, disturbed(again, 7, () => { again.network.kill('b') }))), expected)
  })

  it('finds that it was not its own network when all stages hang at once and others do not', async () => {
    const swarm = await fakeSwarm(SPARES)
    const events = await withTime(swarm, disturbed(swarm, 5, () => { for (const each of ['a', 'b', 'x']) swarm.network.mute(each) }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    assert.deepEqual(swarm.coordinator.repairs, { network: 1 })
  })

  it('takes a route of its own kind where nobody fits into the gap', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['whole', 0, 6], ['back', 3, 6], ['front', 0, 3]] })
    const events = await withTime(swarm, disturbed(swarm, 5, () => { swarm.network.kill('b'); swarm.network.kill('whole') }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
  })

  it('fills the gap with a part of a larger span', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['over2', 1, 5]], divisible: true })
    const events = await withTime(swarm, disturbed(swarm, 5, () => { swarm.network.kill('b') }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    const [repaired] = repairs(events)
    assert.deepEqual(repaired?.route, [{ peerId: 'a', span: [0, 2] }, { peerId: 'over2', span: [2, 4] }, { peerId: 'x', span: [4, 6] }])
  })

  it('scores a prompt to its end', async () => {
    const ids = Array.from({ length: 70 }, (_, index) => (index * 7) % 64)
    const request: Partial<GenerateRequest> = { prompt: { kind: 'ids', ids }, maxTokens: 0, scorePrompt: true, sampling: { logprobs: 1 } }
    const scoresOf = (events: readonly GenerateEvent[]): unknown => events.flatMap((event) => event.kind === 'scored' ? event.tokens : [])
    const undisturbed = await fakeSwarm({ ...SPARES, coordinator: { chunkRows: 8 } })
    const expected = scoresOf(await undisturbed.ask(request))
    for (const peerId of ['a', 'b', 'x']) {
      const swarm = await fakeSwarm({ ...SPARES, coordinator: { chunkRows: 8 } })
      let scored = 0
      const events: GenerateEvent[] = []
      const asked = (async () => {
        for await (const event of swarm.coordinator.generate({ ...REQUEST, ...request })) {
          events.push(event)
          if (event.kind === 'scored' && ++scored === 4) swarm.network.kill(peerId)
        }
      })()
      await withTime(swarm, asked)
      assert.deepEqual(scoresOf(events), expected, peerId)
    }
  })

  it('goes on without a stage to which no link can be opened, sooner where an answer had begun at another coordinator', async () => {
    const expected = await greedy(PROMPT, TOKENS)
    for (const generatedIds of [[], expected.slice(0, 4)]) {
      const swarm = await fakeSwarm(SPARES)
      swarm.network.stall('b')
      let firstMs = Infinity
      const asked = (async () => {
        for await (const event of swarm.coordinator.generate({ ...REQUEST, ...REQUESTED, generatedIds })) {
          if (event.kind === 'token') firstMs = Math.min(firstMs, swarm.clock.now())
          if (event.kind === 'done') assert.deepEqual(event.tokens, expected)
        }
      })()
      const startedMs = swarm.clock.now()
      await withTime(swarm, asked)
      const tookMs = firstMs - startedMs
      assert.ok(generatedIds.length === 0 ? tookMs >= 10_000 : tookMs < 6000, `${generatedIds.length} ids: ${tookMs} ms`)
    }
  })

  it('says who failed where nobody else serves those layers', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]] })
    await assert.rejects(withTime(swarm, disturbed(swarm, 5, () => { swarm.network.kill('b') })), { name: 'PeerFaultError', message: /^b \(layers 2:4\)/ })
    await nothingHeld(swarm, ['b'])
  })

  it('blames nobody and goes on elsewhere when a node stops', async () => {
    const swarm = await fakeSwarm(SPARES)
    const events = await withTime(swarm, disturbed(swarm, 5, () => { void swarm.nodes[1]?.server.stop() }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    assert.equal(repairs(events).length, 1)
  })

  it('has a standby for each stage of a long answer, which takes over with a batch of positions at most', async () => {
    const maxTokens = 120
    const expected = await greedy(PROMPT, maxTokens)
    for (const peerId of ['a', 'b', 'x']) {
      const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
      for (const { runner } of swarm.nodes) runner.before = () => new Promise((resolve) => { swarm.clock.after(3, resolve) })
      const events = await withTime(swarm, disturbed(swarm, 90, () => { swarm.network.kill(peerId) }, { maxTokens }))
      assert.deepEqual(tokensOf(events), expected)
      const [repaired] = repairs(events)
      assert.deepEqual(repaired?.lost.map((stage) => stage.peerId), [peerId])
      assert.ok(repaired.replayed <= 64 + 2, `${peerId}: ${repaired.replayed} positions`)
      await nothingHeld(swarm, [peerId])
    }
  })

  it('does not wait for a stage that is silent and has a standby, and blames nobody', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
    for (const { runner } of swarm.nodes) runner.before = () => new Promise((resolve) => { swarm.clock.after(3, resolve) })
    const events = await withTime(swarm, disturbed(swarm, 90, () => { swarm.network.mute('b') }, { maxTokens }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    assert.equal(repairs(events).length, 1)
    assert.deepEqual(swarm.coordinator.repairs, { hedged: 1 })
  })

  it('goes on without a standby that dies', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
    for (const { runner } of swarm.nodes) runner.before = () => new Promise((resolve) => { swarm.clock.after(3, resolve) })
    const events = await withTime(swarm, disturbed(swarm, 60, () => { for (const each of ['a2', 'b2', 'x2']) swarm.network.kill(each) }, { maxTokens }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    assert.equal(repairs(events).length, 0)
    await nothingHeld(swarm, ['a2', 'b2', 'x2'])
  })

  it('is handed over by a stage that leaves, between two laps, and nobody is blamed', async () => {
    const maxTokens = 120
    for (const [index, peerId] of ['a', 'b', 'x'].entries()) {
      const swarm = await fakeSwarm(SPARES)
      for (const { runner } of swarm.nodes) runner.before = () => new Promise((resolve) => { swarm.clock.after(3, resolve) })
      const events = await withTime(swarm, disturbed(swarm, 20, () => { swarm.nodes[index]?.server.leave() }, { maxTokens }))
      assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
      const [repaired, ...more] = repairs(events)
      assert.deepEqual([repaired?.lost.map((stage) => stage.peerId), more.length], [[peerId], 0])
      assert.ok((repaired?.replayed ?? Infinity) <= 64 + 2, `${peerId}: ${repaired?.replayed} positions`)
      await nothingHeld(swarm)
    }
  })

  for (const [when, after] of [['while the prompt runs', 0], ['in the middle of it', 20]] as const) {
    it(`is handed over by all stages that leave at once, ${when}`, async () => {
      const maxTokens = 160
      const swarm = await fakeSwarm(SPARES)
      const leaving = swarm.nodes.slice(0, 3)
      const leave = (): void => { leaving.forEach(({ server }) => { server.leave() }) }
      for (const { runner } of swarm.nodes) {
        runner.before = (position) => {
          if (after === 0 && position === 0) leave()
          return new Promise((resolve) => { swarm.clock.after(3, resolve) })
        }
      }
      let held = -1
      let tokens = 0
      const events: GenerateEvent[] = []
      const answer = async (): Promise<GenerateEvent[]> => {
        for await (const event of swarm.coordinator.generate({ ...REQUEST, ...REQUESTED, maxTokens })) {
          events.push(event)
          if (event.kind !== 'token') continue
          if (++tokens === after) leave()
          if (tokens === maxTokens - 20) held = leaving.reduce((sum, { server }) => sum + server.sessions, 0)
        }
        return events
      }
      await withTime(swarm, answer())
      assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
      const done = events.at(-1)
      assert.deepEqual(done?.kind === 'done' && done.route.map(({ peerId }) => peerId), ['a2', 'b2', 'x2'])
      // before the first token a reader has seen no route that could change
      const lost = repairs(events).flatMap((each) => each.lost.map(({ peerId }) => peerId)).sort()
      assert.deepEqual(lost, after === 0 ? ['a', 'b', 'x'].filter((peerId) => lost.includes(peerId)) : ['a', 'b', 'x'])
      assert.equal(held, 0)
      await nothingHeld(swarm)
    })
  }

  it('lets go of a standby that leaves', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
    for (const { runner } of swarm.nodes) runner.before = () => new Promise((resolve) => { swarm.clock.after(3, resolve) })
    const standby = swarm.nodes.find(({ peerId }) => peerId === 'b2')?.server
    assert.ok(standby !== undefined)
    const held: number[] = []
    let tokens = 0
    const answer = async (): Promise<void> => {
      for await (const event of swarm.coordinator.generate({ ...REQUEST, ...REQUESTED, maxTokens })) {
        if (event.kind !== 'token') continue
        tokens++
        if (tokens === 60 || tokens === 110) held.push(standby.sessions)
        if (tokens === 60) standby.leave()
      }
    }
    await withTime(swarm, answer())
    assert.deepEqual(held, [1, 0])
  })

  it('stays with a stage that leaves where nobody else can take over', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]] })
    const events = await withTime(swarm, disturbed(swarm, 5, () => { swarm.nodes[1]?.server.leave() }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    assert.equal(repairs(events).length, 0)
  })
})

describe('a session that loses a stage, with little memory for what it sent', () => {
  /** 32 rows, of 48 that were sent when a stage is lost. */
  const server = { replayBytesPerSession: 320 }
  let file: SpillFile
  let spill: WatchedSpill
  beforeEach(async () => {
    file = await spillFile(await temporaryFolder(), { limitBytes: 1e8 })
    spill = watchedSpill(file)
  })
  afterEach(async () => { await file.close() })
  after(removeFolders)

  const slow = (swarm: FakeSwarm): void => {
    for (const { runner } of swarm.nodes) runner.before = () => new Promise((resolve) => { swarm.clock.after(3, resolve) })
  }
  const runsOf = (swarm: FakeSwarm, peerId: string): number => swarm.nodes.find((node) => node.peerId === peerId)?.runner.runs.length ?? 0

  for (const [lost, before] of [['b', ['a']], ['x', ['a', 'b']]] as const) {
    it(`sends again from the disk when ${lost} dies, and ${before.join(' and ')} compute nothing anew`, async () => {
      const maxTokens = 60
      const after = 40
      const swarm = await fakeSwarm({ ...SPARES, server, spill })
      slow(swarm)
      let had: number[] = []
      const events = await withTime(swarm, disturbed(swarm, after, () => {
        had = before.map((peerId) => runsOf(swarm, peerId))
        swarm.network.kill(lost)
      }, { maxTokens }), spill)
      assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
      assert.ok(spill.reads > 0)
      for (const [index, peerId] of before.entries()) {
        const more = runsOf(swarm, peerId) - (had[index] ?? 0)
        assert.ok(more <= maxTokens - after + 2, `${peerId} ran ${more} times`)
      }
      await nothingHeld(swarm, [lost])
      // a write to the real disk that was under way gives its room back when it has ended
      for (let turn = 0; file.usedBytes > 0 && turn < 500; turn++) await new Promise((resolve) => { setTimeout(resolve, 10) })
      assert.equal(file.usedBytes, 0)
    })
  }

  it('forgets without a spill, and computes anew', async () => {
    const maxTokens = 60
    const swarm = await fakeSwarm({ ...SPARES, server })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 40, () => { swarm.network.kill('b') }, { maxTokens }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    assert.ok(runsOf(swarm, 'a') > maxTokens + 40)
  })

  it('goes on with the same stages when the disk fails, computes anew what was forgotten, and nobody is lost by that', async () => {
    const maxTokens = 60
    const swarm = await fakeSwarm({ ...SPARES, server, spill })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 40, () => {
      spill.instead.read = 'failed'
      swarm.network.kill('b')
    }, { maxTokens }), spill)
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    const [repaired, ...more] = repairs(events)
    assert.deepEqual([repaired?.lost.map(({ peerId }) => peerId), repaired?.route.map(({ peerId }) => peerId), more], [['b'], ['a', 'b2', 'x'], []])
    assert.ok(spill.reads > 0 && runsOf(swarm, 'a') > maxTokens + 40)
    await nothingHeld(swarm, ['b'])
    assert.equal(file.usedBytes, 0)
  })

  it('feeds standbys from the disk', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 80 }, server, spill })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 110, () => { swarm.network.kill('b') }, { maxTokens }), spill)
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    const [repaired] = repairs(events)
    assert.ok((repaired?.replayed ?? Infinity) <= 64 + 2 && spill.reads > 0, `${repaired?.replayed} positions`)
    await nothingHeld(swarm, ['b'])
    assert.equal(file.usedBytes, 0)
  })

  it('blames the tail that lies, not another, and answers by one that does not', async () => {
    const swarm = await fakeSwarm(SPARES)
    const liar = swarm.nodes.find(({ peerId }) => peerId === 'x')
    assert.ok(liar !== undefined)
    swarm.network.disturb = (frame, from) => {
      if (from !== 'x' || readHeader(frame).type !== RingType.result) return [frame]
      const lie = frame.slice()
      new DataView(lie.buffer).setUint32(16, readHeader(frame).position + 1, true)
      return [lie]
    }
    const events = await withTime(swarm, disturbed(swarm, -1, () => undefined))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    const done = events.at(-1)
    assert.deepEqual(done?.kind === 'done' ? done.route.map(({ peerId }) => peerId) : [], ['a', 'b', 'x2'])
  })

  it('is not ended by one stage that says the request is wrong, nor by one that blames its neighbours again and again', async () => {
    for (const fault of [{ kind: FaultKind.request, peerId: '' }, { kind: FaultKind.peer, peerId: 'x' }]) {
      const swarm = await fakeSwarm({ spans: [...SPARES.spans, ['x3', 4, 6]] })
      swarm.network.disturb = (frame, from, to) => {
        if (from !== 'b' || to !== 'c' || readHeader(frame).type !== RingType.ready) return [frame]
        const epoch = readHeader(frame).epoch
        const accused = fault.peerId === '' ? '' : `x${epoch === 1 ? '' : epoch}`
        return [frame, encodeFrame({ type: RingType.fault, epoch }, Fault.encode({ ...fault, peerId: accused, code: '', message: 'they did it' }))]
      }
      const events = await withTime(swarm, disturbed(swarm, -1, () => undefined))
      assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
      const done = events.at(-1)
      assert.equal(done?.kind === 'done' ? done.route[1]?.peerId : '', 'b2')
    }
  })

  it('goes no further than a stop string, or than was asked, where only the word was lost that it was all', async () => {
    const expected = await greedy(PROMPT, TOKENS)
    const swarm = await fakeSwarm(SPARES)
    const all = await swarm.ask({ ...REQUESTED, generatedIds: expected })
    assert.deepEqual([tokensOf(all), all.at(-1)?.kind === 'done' && all.filter(({ kind }) => kind === 'token').length], [expected, 0])
    const stop = expected.slice(3, 5).map(textOf).join('')
    const before = tokensOf(await swarm.ask({ ...REQUESTED, stop: [stop] }))
    assert.deepEqual(tokensOf(await swarm.ask({ ...REQUESTED, stop: [stop], generatedIds: before })), before)
  })
})
