import assert from 'node:assert/strict'
import { chooseModel, modelViews, runsOf, type ModelView } from '../../src/client/index.ts'
import { swarmView } from '../../src/daemon/swarm-view.ts'
import type { NodeRecord, ServedSpan } from '../../src/swarm/index.ts'

const span = (start: number, end: number, more: Partial<ServedSpan> = {}): ServedSpan => ({
  modelId: 'id-a', label: 'a', layerCount: 8, start, end, state: 'online', compute: 'fast', wires: ['f16'], freeSlots: { 512: 8 },
  decodeMsPerToken: 0, prefillTokensPerSecond: 0, queueMs: 0, divisible: false, ...more
})

const node = (peerId: string, ...spans: ServedSpan[]): NodeRecord => ({
  peerId, name: peerId, version: '1', device: { kind: 'cpu', label: 'cpu' }, memoryBytes: 1, numericClass: 'x', protocols: [], addresses: [], seq: 1n, expiresAtMs: 1, offers: [], spans
})

const b = { modelId: 'id-b', label: 'b', layerCount: 2 }

describe('the swarm as people look at it', () => {
  it('counts who serves each layer, and names the gaps', () => {
    const [view] = modelViews([node('p', span(0, 4)), node('q', span(2, 5)), node('r', span(5, 6, { state: 'loading' })), node('s', span(6, 7, { state: 'gone' }))])
    assert.deepEqual(view?.coverage, [1, 1, 2, 2, 1, 0, 0, 0])
    assert.deepEqual(view.missing, [[5, 8]])
    assert.equal(view.covered, false)
    assert.equal(view.nodes, 3)
  })

  it('believes the majority about names and the number of layers', () => {
    const [view] = modelViews([node('p', span(0, 8)), node('q', span(0, 8)), node('liar', span(0, 8, { layerCount: 4_000_000_000, label: 'evil' }))])
    assert.equal(view?.layerCount, 8)
    assert.equal(view.model, 'a')
  })

  it('is not made to count layers without end', () => {
    const [view] = modelViews([node('liar', span(0, 8, { layerCount: 4_000_000_000 }))])
    assert.ok((view?.coverage.length ?? 0) <= 65_536)
  })

  it('shows nodes in order of their layers, with round trips where they are known', () => {
    const { nodes } = swarmView([node('late', span(4, 8)), node('early', span(0, 4)), node('idle')], (peer) => (peer === 'early' ? 1.5 : undefined))
    assert.deepEqual(nodes.map(({ peerId, roundTripMs }) => [peerId, roundTripMs]), [['early', 1.5], ['late', null], ['idle', null]])
    assert.deepEqual(nodes[0]?.spans[0]?.span, [0, 4])
  })

  it('finds runs of neighbours', () => {
    assert.deepEqual(runsOf([0, 0, 1, 0, 1, 1, 0], (value) => value === 0), [[0, 2], [3, 4], [6, 7]])
  })
})

describe('the model a question is for', () => {
  const whole = modelViews([node('p', span(0, 8)), node('q', span(0, 2, b))])
  const gap = modelViews([node('p', span(0, 7))])
  const choose = (models: ModelView[], more: { asked?: string, storedId?: string, joined?: string[] } = {}) => chooseModel({ joined: [], ...more, models })

  it('is the one that was asked for, by name or id', () => {
    assert.equal(choose(whole, { asked: 'b' }).modelId, 'id-b')
    assert.equal(choose(whole, { asked: 'id-a' }).modelId, 'id-a')
  })
  it('is the one that this machine calls by that name, whatever others call theirs', () => {
    assert.equal(choose(whole, { asked: 'a', storedId: 'id-b' }).modelId, 'id-b')
  })
  it('is what the joined node serves', () => {
    assert.deepEqual(choose(whole, { joined: ['id-b'] }), { modelId: 'id-b', model: 'b', guessed: false })
  })
  it('is else the only one that is served whole, and that is said', () => {
    assert.deepEqual(choose(modelViews([node('p', span(0, 8)), node('q', span(0, 1, b))])), { modelId: 'id-a', model: 'a', guessed: true })
  })
  it('is asked back for where several are served, with the list', () => {
    assert.throws(() => choose(whole), { name: 'AmbiguousModelError', message: /a \(id-a\), b \(id-b\)/ })
  })
  it('is asked back for where several have the name', () => {
    const twins = modelViews([node('p', span(0, 8)), node('q', span(0, 2, { ...b, label: 'a' }))])
    assert.throws(() => choose(twins, { asked: 'a' }), { name: 'AmbiguousModelError', message: /id-a.*id-b/ })
  })
  it('is refused with the layers that nobody serves', () => {
    for (const more of [{}, { asked: 'a' }, { joined: ['id-a'] }]) {
      assert.throws(() => choose(gap, more), { name: 'NobodyServesError', message: /nobody serves layer 7 of a now.*shoal serve --layers 7:8/ })
    }
  })
  it('is refused where nobody serves it at all', () => {
    assert.throws(() => choose(whole, { asked: 'c' }), { name: 'NobodyServesError', message: /c now; there is a/ })
    assert.throws(() => choose([]), { name: 'NobodyServesError', message: /no node serves any model/ })
  })
})
