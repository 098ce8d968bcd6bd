import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readActivity, readSwarm, type Session } from '../../web/net/swarm-types.ts'
import { EMPTY_SWARM, ringText, shownSession, swarmReducer, type SwarmAction, type SwarmState } from '../../web/swarm/swarm-state.ts'

const route = [{ peerId: 'peer-a', span: [0, 3] as const }, { peerId: 'peer-b', span: [3, 5] as const }]
const session = (more: Partial<Session> = {}): Session => ({
  id: 's', modelId: 'm', route, startedAtMs: 1, tokens: 0, tokensPerSecond: 0, ttftMs: null, state: 'running', repairs: [], hops: [], ...more
})
const node = (peerId: string, name: string, span: readonly [number, number]) => ({ peerId, name, spans: [{ modelId: 'm', model: 'atlas', span, state: 'online', freeSlots: { 512: 2, 2048: 1 }, decodeMsPerToken: 2, queueMs: 0 }] })
const view = readSwarm({ self: 'peer-a', nodes: [node('peer-a', 'amber', [0, 3]), node('peer-b', 'birch', [3, 5]), node('peer-d', 'dune', [3, 5])], models: [{ modelId: 'm', model: 'atlas', coverage: [1, 1, 1, 2, 2], covered: true }], repairs: { reset: 2, silence: 1 } })
const run = (...actions: SwarmAction[]): SwarmState => actions.reduce(swarmReducer, EMPTY_SWARM)
const happened = (event: Extract<SwarmAction, { kind: 'activity' }>['event'], atMs = 1000): SwarmAction => ({ kind: 'activity', event, atMs })

describe('the swarm as the page knows it', () => {
  it('reads the view, and counts repairs of every kind', () => {
    assert.equal(view.repairs, 3)
    assert.deepEqual(view.nodes[0]?.spans[0]?.freeSlots, [[512, 2], [2048, 1]])
    assert.deepEqual(view.models[0], { modelId: 'm', model: 'atlas', layerCount: 5, coverage: [1, 1, 1, 2, 2], covered: true })
  })

  it('marks who was lost, says who took over, and forgets after a while', () => {
    const repaired = session({ route: [{ peerId: 'peer-a', span: [0, 3] }, { peerId: 'peer-d', span: [3, 5] }], repairs: [{ atMs: 900, lost: [{ peerId: 'peer-b', span: [3, 5] }], tookMs: 140.4, replayed: 12 }] })
    const state = run({ kind: 'view', view, atMs: 0 }, happened({ kind: 'session', session: session() }), happened({ kind: 'session', session: repaired }), happened({ kind: 'session', session: repaired }))
    assert.deepEqual(state.lost.map(({ name, span }) => [name, span]), [['birch', [3, 5]]])
    assert.deepEqual(state.log.map(({ text }) => text), ['Lost birch (layers 3 to 4): dune took over layers 3 to 4 in 140 ms, 12 positions again'])
    const without = { ...view, nodes: view.nodes.filter(({ name }) => name !== 'birch') }
    const cases = [[view, 2000, 1], [view, 7000, 0], [without, 7000, 1], [without, 60_000, 0]] as const
    for (const [seen, atMs, count] of cases) assert.equal(swarmReducer(state, { kind: 'view', view: seen, atMs }).lost.length, count)
    assert.equal(swarmReducer(state, happened({ kind: 'node', peerId: 'peer-b', name: 'birch', here: true })).lost.length, 0)
  })

  it('counts tokens, and shows the newest answer that runs, else the newest', () => {
    const state = run(
      happened({ kind: 'session', session: session() }),
      happened({ kind: 'session', session: session({ id: 't', state: 'done' }) }),
      happened({ kind: 'tokens', id: 's', tokens: 5, tokensPerSecond: 9, ttftMs: 3 }),
      happened({ kind: 'tokens', id: 'unknown', tokens: 5, tokensPerSecond: 9, ttftMs: 3 })
    )
    assert.deepEqual([shownSession(state, 'm')?.id, shownSession(state, 'm')?.tokens], ['s', 5])
    const ended = swarmReducer(state, happened({ kind: 'session', session: session({ state: 'done' }) }))
    assert.equal(shownSession(ended, 'm')?.id, 't')
    assert.equal(shownSession(ended, 'other'), undefined)
  })

  it('begins anew with a hello, without telling old repairs again', () => {
    const old = session({ repairs: [{ atMs: 10, lost: [{ peerId: 'peer-b', span: [3, 5] }], tookMs: 1, replayed: 0 }] })
    const state = run(happened({ kind: 'session', session: session({ id: 'gone' }) }), happened({ kind: 'hello', peerId: 'peer-a', sessions: [old] }, 100_000))
    assert.deepEqual([state.sessions.map(({ id }) => id), state.log, state.lost], [['s'], [], []])
  })

  it('says in words what the picture shows', () => {
    const state = run({ kind: 'view', view, atMs: 0 }, happened({ kind: 'session', session: session() }))
    assert.equal(ringText(state, 'm'), 'atlas: 5 layers, all served. An answer goes over amber (layers 0 to 2), then birch (layers 3 to 4).')
    assert.equal(ringText(EMPTY_SWARM, 'm'), 'Nobody serves a model.')
  })

  it('takes whatever a node says, and stays bounded', () => {
    const value = fc.oneof(fc.anything(), fc.record({ kind: fc.constantFrom('hello', 'session', 'tokens', 'node', 'swarm', 'bye', 'new'), session: fc.anything(), sessions: fc.anything(), id: fc.anything() }))
    fc.assert(fc.property(value, (each) => {
      readSwarm(each)
      const event = readActivity(each)
      if (event !== undefined) run(happened(event))
    }))
    const many = Array.from({ length: 500 }, (_, index) => [
      happened({ kind: 'session', session: session({ id: String(index) }) }),
      happened({ kind: 'node', peerId: String(index), name: `n${index}`, here: true })
    ]).flat()
    const state = run(...many)
    assert.deepEqual([state.sessions.length, state.log.length, state.sessions.at(-1)?.id], [64, 30, '499'])
  })
})
