import assert from 'node:assert/strict'
import { FIRST_OPTIONAL_TYPE, encodeFrame, readHeader } from '../../../protocols/frame/index.ts'
import { Failure, FailureKind, GENERATE_PROTOCOL, GenerateType, Request } from '../../../protocols/generate/index.ts'
import { greedy } from '../support/fake-model.ts'
import { MODEL, fakeSwarm, tokensOf, type FakeSwarm, type FakeSwarmInit } from '../support/fake-swarm.ts'
import { rawLink, type RawLink } from '../support/raw-stage.ts'
import { settle } from '../support/virtual-clock.ts'

const THREE = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]], local: true } satisfies FakeSwarmInit

const dial = async (swarm: FakeSwarm): Promise<RawLink> => rawLink(await swarm.network.host('k').open('a', GENERATE_PROTOCOL))
const failures = (link: RawLink): Failure[] => link.of(GenerateType.failure).map(({ payload }) => Failure.decode(payload))
const base: Request = { modelId: MODEL, chat: [], special: false, maxTokens: 3, stop: [], wire: 'f16', scorePrompt: false, ignoreEos: false, tools: [], oneToolCall: false }
const request = (changes: Partial<Request> = {}): Uint8Array => Request.encode({ ...base, text: '!"#', ...changes })

describe('generateServer', () => {
  for (const [name, type, payload, field] of [
    ['garbage', GenerateType.request, new Uint8Array(50).fill(255), undefined],
    ['nothing', GenerateType.request, new Uint8Array(0), 'prompt'],
    ['another type', GenerateType.token, request(), undefined],
    ['two kinds of prompt', GenerateType.request, request({ ids: new Uint8Array(4) }), 'prompt'],
    ['ids that are no whole numbers', GenerateType.request, Request.encode({ ...base, ids: new Uint8Array(5) }), 'prompt'],
    ['an unknown wire', GenerateType.request, request({ wire: 'q1' }), 'wire'],
    ['an unknown format', GenerateType.request, request({ format: 'xml' }), 'format'],
    ['a tool whose parameters are no JSON', GenerateType.request, request({ tools: [{ name: 'f', strict: false, parameters: '{' }] }), 'tools'],
    ['an unknown choice of tools', GenerateType.request, request({ toolChoice: 'any' }), 'toolChoice'],
    ['a bias beyond the vocabulary', GenerateType.request, request({ sampling: { logitBias: new Map([[1_000_000, 1]]) } }), 'logitBias'],
    ['a seed of nonsense for its sampling', GenerateType.request, request({ sampling: { temperature: NaN, logitBias: new Map() } }), 'temperature']
  ] as const) {
    it(`answers ${name} with what is wrong, and goes on`, async () => {
      const swarm = await fakeSwarm(THREE)
      const link = await dial(swarm)
      link.send({ type }, payload)
      await settle()
      assert.deepEqual(failures(link).map(({ kind, field: wrong }) => [kind, wrong]), [[FailureKind.request, field]])
      assert.equal(link.closed, true)
      assert.deepEqual(tokensOf(await swarm.ask()), await greedy([1, 2, 3, 4, 5], 12))
    })
  }

  it('ends a link that asks nothing', async () => {
    const swarm = await fakeSwarm(THREE)
    const link = await dial(swarm)
    await swarm.clock.advance(11_000)
    assert.equal(link.closed, true)
  })

  it('ends an answer whose client takes nothing of it', async () => {
    const swarm = await fakeSwarm(THREE)
    const link = await dial(swarm)
    // as much as a link holds
    swarm.network.disturb = (frame, from, to) => from === 'a' && to === 'k' && readHeader(frame).type === GenerateType.started ? [frame, encodeFrame({ type: FIRST_OPTIONAL_TYPE }, new Uint8Array(5 * 1024 * 1024))] : [frame]
    link.link.pause()
    link.send({ type: GenerateType.request }, request())
    await swarm.clock.advance(1000)
    assert.equal(swarm.coordinator.sessions, 1)
    await swarm.clock.advance(31_000)
    assert.deepEqual([swarm.coordinator.sessions, link.closed], [0, true])
  })

  it('beats every second or oftener while an answer takes its time', async () => {
    const swarm = await fakeSwarm(THREE)
    const gate = Promise.withResolvers<undefined>()
    const [, slow] = swarm.nodes
    if (slow !== undefined) slow.runner.before = () => gate.promise.then(() => undefined)
    const link = await dial(swarm)
    link.send({ type: GenerateType.request }, request())
    await swarm.clock.advance(10_500)
    assert.ok(link.of(GenerateType.beat).length >= 9)
    gate.resolve(undefined)
    await settle()
    assert.deepEqual([link.of(GenerateType.token).length, link.of(GenerateType.done).length, link.closed], [3, 1, true])
  })

  it('computes so many tokens a minute for one peer, and says when there are more', async () => {
    const swarm = await fakeSwarm({ ...THREE, coordinator: { tokensPerMinutePerPeer: 4 } })
    const ask = async (): Promise<RawLink> => {
      const link = await dial(swarm)
      link.send({ type: GenerateType.request }, request())
      await settle()
      return link
    }
    assert.equal((await ask()).of(GenerateType.done).length, 1)
    const [refused] = failures(await ask())
    assert.equal(refused?.kind, FailureKind.capacity)
    // 3 tokens of the prompt and 3 of the answer, 4 of which a minute gives
    assert.ok(refused.retryAfterMs > 20_000 && refused.retryAfterMs <= 30_000, String(refused.retryAfterMs))
    await swarm.clock.advance(30_000)
    assert.equal((await ask()).of(GenerateType.done).length, 1)
  })

  it('cancels when the client leaves', async () => {
    const swarm = await fakeSwarm(THREE)
    const [, slow] = swarm.nodes
    if (slow !== undefined) slow.runner.before = () => new Promise<void>(() => undefined)
    const link = await dial(swarm)
    link.send({ type: GenerateType.request }, request())
    await settle()
    assert.equal(swarm.coordinator.sessions, 1)
    link.link.abort(new Error('gone'))
    await settle()
    assert.deepEqual([swarm.coordinator.sessions, ...swarm.nodes.map(({ runner }) => runner.reserved)], [0, 0, 0, 0])
  })
})
