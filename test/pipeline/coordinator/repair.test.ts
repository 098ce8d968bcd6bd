import assert from 'node:assert/strict'
import { encodeFrame, readHeader } from '../../../protocols/frame/index.ts'
import { Refused, RefusedCode, RingType } from '../../../protocols/ring/index.ts'
import { SPARES, PROMPT, TOKENS, REQUESTED, fakeSwarm, disturbed, withTime, repairs, nothingHeld } from '../support/disturbed.ts'
import { greedy } from '../support/fake-model.ts'
import { REQUEST, tokensOf } from '../support/fake-swarm.ts'
import type { GenerateEvent, GenerateRequest } from '../../../src/pipeline/index.ts'

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

  it('opens a stage anew that refused because of one that is out of the route by then', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['x2', 4, 6]] })
    // the coordinator finds that x is gone, and takes x2; b, which it has told so, had found it too and refused
    swarm.network.kill('x')
    let late = 0
    swarm.network.disturb = (frame, from, to) => {
      if (from !== 'c' || to !== 'b' || readHeader(frame).type !== RingType.reroute || late++ > 0) return [frame]
      const [, served] = swarm.network.links.findLast((link) => link.from === 'c' && link.to === 'b')?.ends ?? assert.fail('no link')
      served.send(encodeFrame({ type: RingType.refused }, Refused.encode({ code: RefusedCode.unreachable, message: 'the next stage x can not be reached', peerId: 'x' })))
      void served.close()
      return []
    }
    const events = await withTime(swarm, swarm.ask(REQUESTED))
    assert.deepEqual([late, tokensOf(events)], [1, await greedy(PROMPT, TOKENS)])
    await nothingHeld(swarm, ['x'])
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
})
