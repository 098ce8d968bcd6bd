import assert from 'node:assert/strict'
import { encodeFrame, readHeader } from '../../../protocols/frame/index.ts'
import { Fault, FaultKind, RingType } from '../../../protocols/ring/index.ts'
import { SPARES, PROMPT, TOKENS, REQUESTED, fakeSwarm, disturbed, withTime, repairs, nothingHeld } from '../support/disturbed.ts'
import { greedy, textOf } from '../support/fake-model.ts'
import { tokensOf } from '../support/fake-swarm.ts'

describe('a session one of whose stages is at fault', () => {
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

  it('suspects no stage on the word of the one behind it, and leaves one that complains of it again', async () => {
    const swarm = await fakeSwarm(SPARES)
    swarm.network.disturb = (frame, from, to) => from === 'b' && to === 'c' && readHeader(frame).type === RingType.ready
      ? [frame, encodeFrame({ type: RingType.gap, epoch: readHeader(frame).epoch, lap: 1, position: 900 })]
      : [frame]
    const events = await withTime(swarm, disturbed(swarm, -1, () => undefined))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    const route = (all: typeof events): string[] => {
      const done = all.at(-1)
      return done?.kind === 'done' ? done.route.map(({ peerId }) => peerId) : []
    }
    assert.equal(route(events)[1], 'b2')
    swarm.network.disturb = (frame) => [frame]
    assert.deepEqual(route(await swarm.ask()), ['a', 'b', 'x'])
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

  it('says who failed where nobody else serves those layers', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]] })
    await assert.rejects(withTime(swarm, disturbed(swarm, 5, () => { swarm.network.kill('b') })), { name: 'PeerFaultError', message: /^b \(layers 2:4\)/ })
    await nothingHeld(swarm, ['b'])
  })

  it('blames nobody where a stage sends a long answer again to a stage in its own process', async () => {
    const maxTokens = 420
    const swarm = await fakeSwarm({ spans: [['x', 0, 4], ['y', 2, 6], ['z', 4, 6]], divisible: true, context: 512 })
    // so slow that no more of it is taken than must be
    const all = swarm.records.map((each) => ({ ...each, spans: each.spans.map((span) => ({ ...span, decodeMsPerToken: each.peerId === 'x' ? 100 : 1 })) }))
    swarm.records.splice(0, Infinity, ...all.filter(({ peerId }) => peerId !== 'z'))
    const [, middle] = swarm.nodes
    assert.ok(middle !== undefined)
    middle.runner.before = (position) => {
      if (position < 400) return
      swarm.records.splice(0, Infinity, ...all)
      swarm.network.kill('y')
    }
    const events = await withTime(swarm, disturbed(swarm, -1, () => undefined, { maxTokens }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    assert.deepEqual(repairs(events).map(({ lost, route }) => [lost, route]), [[
      [{ peerId: 'y', span: [2, 6] }], [{ peerId: 'x', span: [0, 2] }, { peerId: 'x', span: [2, 4] }, { peerId: 'z', span: [4, 6] }]
    ]])
    assert.deepEqual(swarm.coordinator.repairs, { reset: 1 })
  }).timeout(20_000)

  it('blames nobody and goes on elsewhere when a node stops', async () => {
    const swarm = await fakeSwarm(SPARES)
    const events = await withTime(swarm, disturbed(swarm, 5, () => { void swarm.nodes[1]?.server.stop() }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, TOKENS))
    assert.equal(repairs(events).length, 1)
  })
})
