import assert from 'node:assert/strict'
import { activity } from '../../src/daemon/activity.ts'
import { atlas, fakeGenerator, named, type FakeInit } from '../gateway/fake-generator.ts'
import { answerWatch } from '../../src/daemon/answer-watch.ts'
import { traces } from '../../src/daemon/traces.ts'
import type { ActivityEvent, Generator } from '../../src/gateway/index.ts'
import type { GenerateEvent, GenerateRequest } from '../../src/pipeline/index.ts'

const SECRET = 'the capital of my heart'
const request: GenerateRequest = { modelId: atlas.modelId, prompt: { kind: 'chat', messages: [{ role: 'user', content: SECRET }] }, maxTokens: 64, stop: [], sampling: {}, wire: 'f16' }

function scene (init: FakeInit = {}) {
  let nodes = [{ peerId: 'b', name: 'birch' }]
  let changed = (): void => { /* nobody listens */ }
  let clock = 1000
  const events: ActivityEvent[] = []
  const log = activity({ now: () => (clock += 10) })
  const stop = log.follow({
    peerId: 'a',
    nodes: () => nodes,
    onChange: (listener) => {
      changed = listener
      return () => { changed = () => { /* nobody listens */ } }
    }
  })
  log.watch((event) => { events.push(event) })
  const generator = fakeGenerator(init)
  const watched = (generate: Generator['generate']): Generator['generate'] => (...args) =>
    answerWatch({ traces: traces({ now: () => 0, wallMs: () => 0 }), observers: [log.answer], log: { debug () { /* nobody reads */ } } })(generate(...args), { modelId: args[0].modelId, coordinator: 'here' })
  return { log, stop, events, generator, watched, generate: watched(generator.generate), swarm: (next: typeof nodes) => { nodes = next; changed() } }
}

const read = async (events: AsyncIterable<GenerateEvent>, most = Infinity): Promise<number> => {
  let count = 0
  for await (const _ of events) if (++count >= most) break
  return count
}

describe('what a node tells of its answers', () => {
  it('is their route, counts and times, never a word of them', async () => {
    const { log, events, generate } = scene({ pieces: ['Li', 'ma', ' is it'] })
    assert.equal(await read(generate(request, {})), 5)
    assert.deepEqual(events.map(({ kind }) => kind), ['session', 'tokens', 'tokens', 'tokens', 'session'])
    const [session] = log.hello().sessions
    assert.ok(session !== undefined)
    assert.deepEqual(
      [session.state, session.finishReason, session.tokens, session.promptTokens, session.tokensPerSecond, session.ttftMs, session.route.length],
      ['done', 'stop', 3, 3, 56, 12, 2]
    )
    const told = JSON.stringify([events, log.hello()])
    for (const word of ['Li', 'ma', 'is it', SECRET, 'heart', '"100"', '"text"']) assert.ok(!told.includes(word) || atlas.modelId.includes(word), word)
  })

  it('is that they were left, or failed', async () => {
    const { log, generate, generator } = scene()
    await read(generate(request, {}), 2)
    assert.equal(generator.cancelled, 1)
    const failing = scene({ fail: named('PeerFaultError', 'gone') })
    await assert.rejects(read(failing.generate(request, {})), { name: 'PeerFaultError' })
    const refused = scene({ refuse: named('NoCapacityError', 'full') })
    await assert.rejects(read(refused.generate(request, {})), { name: 'NoCapacityError' })
    assert.deepEqual([log, failing.log, refused.log].map((each) => each.hello().sessions.map(({ state }) => state)), [['cancelled'], ['failed'], []])
  })

  it('is their repairs, with the route as it is then', async () => {
    const { log, watched } = scene()
    const lost = [{ peerId: 'b', span: [3, 5] as const }]
    const repaired = watched(async function * (): AsyncGenerator<GenerateEvent> {
      yield await Promise.resolve({ kind: 'started', sessionId: 's', promptTokens: 1, route: lost, promptIds: [], seed: 0n } as const)
      yield { kind: 'repaired', lost, tookMs: 12.6, replayed: 4, route: [{ peerId: 'd', span: [3, 5] }] }
      yield { kind: 'token', id: 1, text: 'x' }
    })
    await read(repaired(request, {}))
    const [session] = log.hello().sessions
    assert.deepEqual(session?.route, [{ peerId: 'd', span: [3, 5] }])
    assert.deepEqual(session.repairs.map(({ lost: gone, tookMs, replayed }) => [gone, tookMs, replayed]), [[lost, 13, 4]])
  })

  it('keeps the newest of those that have ended', async () => {
    const { log, watched } = scene()
    for (let index = 0; index < 30; index++) {
      await read(watched(async function * (): AsyncGenerator<GenerateEvent> {
        yield await Promise.resolve({ kind: 'started', sessionId: String(index), promptTokens: 1, route: [], promptIds: [], seed: 0n } as const)
      })(request, {}))
    }
    assert.deepEqual(log.hello().sessions.map(({ id }) => id), Array.from({ length: 16 }, (_, index) => String(index + 14)))
  })

  it('is who comes and goes', async () => {
    const { events, swarm, stop } = scene()
    swarm([{ peerId: 'b', name: 'birch' }, { peerId: 'c', name: 'cedar' }])
    swarm([{ peerId: 'c', name: 'cedar' }])
    assert.deepEqual(events, [
      { kind: 'node', peerId: 'c', name: 'cedar', here: true }, { kind: 'swarm' },
      { kind: 'node', peerId: 'b', name: 'birch', here: false }, { kind: 'swarm' }
    ])
    await stop()
    swarm([])
    assert.equal(events.length, 4)
  })
})
