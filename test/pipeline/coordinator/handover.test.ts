import assert from 'node:assert/strict'
import { SPARES, PROMPT, TOKENS, REQUESTED, fakeSwarm, disturbed, withTime, repairs, nothingHeld, slow } from '../support/disturbed.ts'
import { greedy } from '../support/fake-model.ts'
import { REQUEST, tokensOf } from '../support/fake-swarm.ts'
import type { GenerateEvent } from '../../../src/pipeline/index.ts'

describe('a session with standbys, or with a stage that leaves', () => {
  it('has a standby for each stage of a long answer, which takes over with a batch of positions at most', async () => {
    const maxTokens = 120
    const expected = await greedy(PROMPT, maxTokens)
    for (const peerId of ['a', 'b', 'x']) {
      const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
      slow(swarm)
      const events = await withTime(swarm, disturbed(swarm, 90, () => { swarm.network.kill(peerId) }, { maxTokens }))
      assert.deepEqual(tokensOf(events), expected)
      const [repaired] = repairs(events)
      assert.deepEqual(repaired?.lost.map((stage) => stage.peerId), [peerId])
      assert.ok(repaired.replayed <= 64 + 2, `${peerId}: ${repaired.replayed} positions`)
      await nothingHeld(swarm, [peerId])
    }
  })

  it('has standbys that compute behind those who somebody waits for', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
    slow(swarm)
    await withTime(swarm, disturbed(swarm, 90, () => { /* nothing happens */ }, { maxTokens }))
    const behind = swarm.nodes.filter(({ peerId, runner }) => peerId.endsWith('2') && runner.runs.some(({ rows }) => rows === 1))
    assert.equal(behind.length, 3)
    assert.ok(swarm.nodes.every(({ runner }) => runner.runs.every(({ catchesUp }) => catchesUp === false)))
  })

  it('does not wait for a stage that is silent and has a standby, and blames nobody', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 90, () => { swarm.network.mute('b') }, { maxTokens }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    assert.equal(repairs(events).length, 1)
    assert.deepEqual(swarm.coordinator.repairs, { hedged: 1 })
  })

  it('goes on without a standby that dies', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 20 } })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 60, () => { for (const each of ['a2', 'b2', 'x2']) swarm.network.kill(each) }, { maxTokens }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    assert.equal(repairs(events).length, 0)
    await nothingHeld(swarm, ['a2', 'b2', 'x2'])
  })

  it('is handed over by a stage that leaves, between two laps, and nobody is blamed', async () => {
    const maxTokens = 120
    for (const [index, peerId] of ['a', 'b', 'x'].entries()) {
      const swarm = await fakeSwarm(SPARES)
      slow(swarm)
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
    slow(swarm)
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
