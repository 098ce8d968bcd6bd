import assert from 'node:assert/strict'
import { Beat, Busy, Fault, FaultKind, Finish, RING_PROTOCOL, Ready, Refused, Result, RingType, type TokenResult } from '../../../protocols/ring/index.ts'
import { FIRST_OPTIONAL_TYPE } from '../../../protocols/frame/index.ts'
import { fakeSwarm, record, type FakeSwarm } from '../support/fake-swarm.ts'
import { rawLink, type RawLink } from '../support/raw-stage.ts'
import { settle } from '../support/virtual-clock.ts'

/** A swarm whose only other node, `evil`, is played by hand: it has all layers, or the last ones. */
async function withEvil (from: number, onControl: (link: RawLink) => void): Promise<FakeSwarm> {
  const swarm = await fakeSwarm({ spans: from === 0 ? [] : [['a', 0, from]] })
  swarm.records.push(record('evil', [{ start: from, end: 6 }]))
  await swarm.network.host('evil').handle(RING_PROTOCOL, (link) => {
    const raw = rawLink(link)
    setImmediate(() => { if (raw.of(RingType.open).length > 0) onControl(raw) })
  })
  return swarm
}

const token = (id: number): TokenResult => ({ id, topIds: [], topLogprobs: [] })
const result = (tokens: TokenResult[], finish: number = Finish.none, prompt = false): Uint8Array => Result.encode({ tokens, finish, prompt })
const ready = (link: RawLink): void => { link.send({ type: RingType.ready }, Ready.encode({ positions: 99 })) }

describe('openRing', () => {
  for (const [name, act] of [
    ['garbage for READY', (link) => { link.send({ type: RingType.fault }, new Uint8Array(30).fill(255)) }],
    ['a token before READY', (link) => { link.send({ type: RingType.result, position: 5, rows: 1 }, result([token(1)])) }],
    ['a wrong version', (link) => { link.link.send(Uint8Array.of(20, 0, 0, 0, 9, 7, 24, 0, ...new Uint8Array(16))) }],
    ['the end before READY', (link) => { link.link.abort(new Error('no')) }],
    ['its own failure', (link) => { link.send({ type: RingType.fault }, Fault.encode({ kind: FaultKind.internal, code: '', message: 'no memory', peerId: '' })) }],
    ['garbage for a result', (link) => { ready(link); link.send({ type: RingType.result, position: 5, rows: 1 }, new Uint8Array(30).fill(255)) }],
    ['a token at a position that is not the next', (link) => { ready(link); link.send({ type: RingType.result, position: 6, rows: 1 }, result([token(1)])) }],
    ['a token beyond the vocabulary', (link) => { ready(link); link.send({ type: RingType.result, position: 5, rows: 1 }, result([token(64)])) }],
    ['more tokens than were asked for', (link) => { ready(link); link.send({ type: RingType.result, position: 5, rows: 13 }, result(Array.from({ length: 13 }, () => token(1)))) }],
    ['fewer tokens than it says', (link) => { ready(link); link.send({ type: RingType.result, position: 5, rows: 2 }, result([token(1)])) }],
    ['scores that nobody asked for', (link) => { ready(link); link.send({ type: RingType.result, position: 1, rows: 1 }, result([token(2)], Finish.none, true)) }],
    ['READY twice', (link) => { ready(link); ready(link) }],
    ['an unknown type', (link) => { ready(link); link.send({ type: 99 }) }],
    ['a hole that its own words made', (link) => { ready(link); link.send({ type: RingType.gap, position: 0 }) }],
    ['the end without a reason', (link) => { ready(link); link.link.abort(new Error('no')) }],
    ['an end that it announced too early', (link) => { ready(link); void link.link.close() }],
    ['blame for a peer that has no part in this', (link) => { ready(link); link.send({ type: RingType.fault }, Fault.encode({ kind: FaultKind.peer, code: '', message: 'they did it', peerId: 'bystander' })) }]
  ] satisfies Array<[string, (link: RawLink) => void]>) {
    it(`blames a stage for ${name}`, async () => {
      const swarm = await withEvil(0, act)
      const asked = swarm.ask()
      asked.catch(() => undefined)
      await swarm.clock.advance(100)
      await assert.rejects(asked, (error: Error) => error.name === 'PeerFaultError' && 'peerId' in error && error.peerId === 'evil')
      assert.equal(swarm.coordinator.sessions, 0)
    })
  }

  it('blames a stage that says nothing at all, soon', async () => {
    const swarm = await withEvil(3, () => undefined)
    const asked = swarm.ask()
    asked.catch(() => undefined)
    await swarm.clock.advance(3000)
    await assert.rejects(asked, { name: 'PeerFaultError', message: /evil.*said nothing/ })
  })

  it('blames a stage that never gets ready, after its time', async () => {
    const swarm = await withEvil(3, (link) => {
      const beat = (): void => {
        if (link.closed) return
        link.send({ type: RingType.beat }, Beat.encode({ state: 1 }))
        swarm.clock.after(500, beat)
      }
      beat()
    })
    const asked = swarm.ask()
    asked.catch(() => undefined)
    await swarm.clock.advance(9000)
    assert.equal(swarm.coordinator.sessions, 1)
    await swarm.clock.advance(2000)
    await assert.rejects(asked, { name: 'PeerFaultError', message: /evil.*not ready/ })
    await swarm.clock.advance(2000)
    assert.deepEqual(swarm.nodes.map(({ runner }) => runner.reserved), [0])
  })

  it('blames nobody for BUSY, REFUSED, or a stage that is stopping, and releases the others', async () => {
    for (const act of [
      (link: RawLink) => { link.send({ type: RingType.busy }, Busy.encode({ retryAfterMs: 700, message: 'full' })) },
      (link: RawLink) => { link.send({ type: RingType.refused }, Refused.encode({ code: 'unsupported', message: 'what?', peerId: '' })) },
      (link: RawLink) => { link.send({ type: RingType.refused }, Refused.encode({ code: 'a code of the future', message: '', peerId: 'bystander' })) },
      (link: RawLink) => { ready(link); link.send({ type: RingType.fault }, Fault.encode({ kind: FaultKind.capacity, code: 'draining', message: 'stopping', peerId: '' })) }
    ]) {
      const swarm = await withEvil(3, act)
      const asked = swarm.ask()
      asked.catch(() => undefined)
      await swarm.clock.advance(100)
      await assert.rejects(asked, { name: 'NoCapacityError' })
      await swarm.clock.advance(2000)
      assert.deepEqual(swarm.nodes.map(({ runner, server }) => [runner.reserved, server.sessions]), [[0, 0]])
    }
  })

  it('hears results from the last stage alone', async () => {
    const swarm = await fakeSwarm({ spans: [['x', 3, 6]] })
    swarm.records.push(record('evil', [{ start: 0, end: 3 }]))
    await swarm.network.host('evil').handle(RING_PROTOCOL, (link) => {
      const raw = rawLink(link)
      setImmediate(() => {
        if (raw.of(RingType.open).length === 0) return
        ready(raw)
        raw.send({ type: RingType.result, position: 5, rows: 1 }, result([token(1)]))
      })
    })
    const asked = swarm.ask()
    asked.catch(() => undefined)
    await swarm.clock.advance(100)
    await assert.rejects(asked, { name: 'PeerFaultError', message: /evil.*not/ })
  })

  it('ignores types from the future', async () => {
    const swarm = await withEvil(0, (link) => {
      ready(link)
      link.send({ type: FIRST_OPTIONAL_TYPE })
      setImmediate(() => { link.send({ type: RingType.result, position: 5, rows: 1 }, result([token(9)], Finish.length)) })
    })
    const events = await swarm.ask()
    await settle()
    assert.deepEqual(events.map(({ kind }) => kind), ['started', 'token', 'done'])
  })
})
