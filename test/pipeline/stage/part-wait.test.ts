import assert from 'node:assert/strict'
import { Busy, Open, Ready, Refused, Reroute, RingType } from '../../../protocols/ring/index.ts'
import { fakeRunner, type FakeRunner } from '../support/fake-model.ts'
import { openOf, rawStage, TAIL, type RawLink, type RawStage } from '../support/raw-stage.ts'
import { settle } from '../support/virtual-clock.ts'
import type { StageServerInit } from '../../../src/pipeline/index.ts'
import type { Span } from '../../../src/model/index.ts'

interface Load {
  readonly span: Span
  /** Not given back. */
  held: boolean
  readonly signal: AbortSignal | undefined
  done (): Promise<FakeRunner>
  fail (error: Error): Promise<void>
}

/** A stage that serves all layers, and parts of them once a test has loaded them. */
async function overlapping (init: StageServerInit = {}): Promise<RawStage & { readonly loads: Load[], ask (changes?: Partial<Open>, from?: string): Promise<RawLink> }> {
  const stage = await rawStage({ start: 0, end: 6 }, init)
  const loads: Load[] = []
  stage.server.offer('model', stage.runner, {
    open: async (span, { signal }) => await new Promise((resolve, reject) => {
      const load: Load = {
        span,
        held: false,
        signal,
        async done () {
          const runner = fakeRunner(span)
          load.held = true
          resolve({ runner, release: () => { load.held = false } })
          await settle()
          return runner
        },
        async fail (error) {
          reject(error)
          await settle()
        }
      }
      loads.push(load)
    })
  })
  const ask = async (changes: Partial<Open> = {}, from = 'c'): Promise<RawLink> => {
    const link = await stage.raw(from)
    const open = openOf({ start: 2, end: 4 }, changes)
    link.send({ type: RingType.open, epoch: open.epoch }, Open.encode(open))
    await settle()
    return link
  }
  return { ...stage, loads, ask }
}

const codes = (link: RawLink): string[] => link.of(RingType.refused).map(({ payload }) => Refused.decode(payload).code)
const sessionOf = (fill: number): Uint8Array<ArrayBuffer> => new Uint8Array(16).fill(fill)

describe('an OPEN of a part of a span', () => {
  it('beats while the part is loaded, then is ready', async () => {
    const stage = await overlapping()
    const link = await stage.ask()
    await stage.clock.advance(1000)
    assert.deepEqual([stage.server.sessions, link.of(RingType.beat).length, link.of(RingType.ready).length], [1, 4, 0])
    const runner = await stage.loads[0]?.done()
    assert.deepEqual([stage.server.sessions, link.of(RingType.ready).length, runner?.reserved, stage.loads[0]?.held], [1, 1, 1, true])
    await link.link.close()
    await settle()
    assert.deepEqual([stage.server.sessions, runner?.reserved, stage.loads[0]?.held], [0, 0, false])
  })

  const refusals: Array<[name: string, changes: Partial<Open>, code: string]> = [
    ['an unknown requirement', { requires: ['telepathy'] }, 'unsupported'],
    ['an unknown wire', { wire: 'q3' }, 'unsupported'],
    ['an unknown role', { role: 9 }, 'unsupported'],
    ['an unknown rope variant', { ropeVariant: 2 }, 'unsupported'],
    ['another compute', { compute: 2 }, 'not-served'],
    ['a span beyond what is served', { end: 7 }, 'not-served'],
    ['a session of the wrong size', { session: new Uint8Array(3) }, 'malformed'],
    ['epoch 0', { epoch: 0 }, 'malformed'],
    ['no positions', { positions: 0 }, 'malformed'],
    ['more positions than the context', { positions: 257 }, 'context'],
    ['no next stage', { next: [] }, 'malformed'],
    ['sampling for a stage that does not sample', { tail: TAIL }, 'malformed'],
    ['no sampling for one that does', { end: 6 }, 'malformed'],
    ['sampling that can not be', { end: 6, tail: { ...TAIL, topP: 2 } }, 'malformed']
  ]
  for (const [name, changes, code] of refusals) {
    it(`loads nothing for ${name}`, async () => {
      const stage = await overlapping()
      const link = await stage.ask(changes)
      assert.deepEqual([stage.loads.length, codes(link), stage.server.sessions], [0, [code], 0])
    })
  }

  it('counts as a session: nothing is loaded for more than there may be', async () => {
    const stage = await overlapping({ maxSessions: 3, maxSessionsPerPeer: 2 })
    const links = [await stage.ask({ session: sessionOf(1) }), await stage.ask({ session: sessionOf(2) }), await stage.ask({ session: sessionOf(3) })]
    assert.deepEqual(links.map((link) => link.of(RingType.busy).length), [0, 0, 1])
    assert.equal((await stage.ask({ session: sessionOf(4) }, 'd')).of(RingType.busy).length, 0)
    assert.equal((await stage.ask({ session: sessionOf(5) }, 'e')).of(RingType.busy).length, 1)
    assert.deepEqual([stage.loads.length, stage.server.sessions], [3, 3])
    links[0]?.link.abort(new Error('gone'))
    await settle()
    assert.deepEqual([stage.loads[0]?.signal?.aborted, stage.server.sessions], [true, 2])
    await stage.loads[0]?.done()
    assert.deepEqual([stage.loads[0]?.held, stage.server.sessions], [false, 2])
  })

  const early: Array<[name: string, act: (link: RawLink) => void]> = [
    ['prompt ids', (link) => { link.send({ type: RingType.ids, lap: 21, rows: 2 }, new Uint8Array(8)) }],
    ['RESUME', (link) => { link.send({ type: RingType.resume }) }],
    ['a second OPEN', (link) => { link.send({ type: RingType.open }) }],
    ['a REROUTE larger than any', (link) => { link.send({ type: RingType.reroute, epoch: 2 }, new Uint8Array(65 * 1024)) }],
    ['what is no frame', (link) => { link.link.send(Uint8Array.of(20, 0, 0, 0, 9, 7, 24, 0, ...new Uint8Array(16))) }],
    ['CLOSE', (link) => { link.send({ type: RingType.close }) }]
  ]
  for (const [name, act] of early) {
    it(`ends with its link over ${name} before READY`, async () => {
      const stage = await overlapping()
      const link = await stage.ask()
      act(link)
      await settle()
      assert.deepEqual([link.closed, stage.server.sessions, stage.loads[0]?.signal?.aborted], [true, 0, true])
      await stage.loads[0]?.done()
      assert.equal(stage.loads[0]?.held, false)
    })
  }

  it('takes the newest REROUTE that comes before READY, and beats in its epoch', async () => {
    const stage = await overlapping()
    const link = await stage.ask()
    const next = (peerId: string): Uint8Array => Reroute.encode({ prev: [{ peerId: 'p', start: 0, addresses: [] }], next: [{ peerId, start: 4, addresses: [] }], stages: 1, role: 0 })
    link.send({ type: RingType.beat })
    link.send({ type: 200 }, new Uint8Array(4))
    link.send({ type: RingType.reroute, epoch: 3 }, next('n'))
    link.send({ type: RingType.reroute, epoch: 2 }, next('nowhere'))
    await stage.clock.advance(250)
    assert.deepEqual(link.of(RingType.beat).map(({ header }) => header.epoch), [3])
    await stage.loads[0]?.done()
    assert.deepEqual(link.of(RingType.ready).map(({ header, payload }) => [header.epoch, Ready.decode(payload).have]), [[3, 0]])
  })

  it('is refused when the node began to drain meanwhile', async () => {
    const stage = await overlapping()
    const link = await stage.ask()
    const drained = stage.server.drain()
    const runner = await stage.loads[0]?.done()
    await drained
    assert.deepEqual([codes(link), stage.server.sessions, runner?.reserved, stage.loads[0]?.held], [['draining'], 0, 0, false])
  })

  for (const how of ['leave', 'stop'] as const) {
    it(`is refused at once on ${how}`, async () => {
      const stage = await overlapping()
      const link = await stage.ask()
      await stage.server[how]()
      await settle()
      assert.deepEqual([codes(link), stage.server.sessions, stage.loads[0]?.signal?.aborted], [['draining'], 0, true])
    })
  }

  it('gives way to a later epoch of its coordinator, and to nobody else', async () => {
    const stage = await overlapping()
    const first = await stage.ask()
    assert.deepEqual(codes(await stage.ask()), ['malformed'])
    const second = await stage.ask({ epoch: 2 })
    assert.deepEqual([first.closed, second.closed, stage.server.sessions], [true, false, 1])
    await stage.loads.at(-1)?.done()
    assert.equal(second.of(RingType.ready).length, 1)
  })

  it('is told to wait where the part can not be loaded', async () => {
    const stage = await overlapping()
    const link = await stage.ask()
    await stage.loads[0]?.fail(new Error('no memory'))
    assert.deepEqual(link.of(RingType.busy).map(({ payload }) => Busy.decode(payload).message), ['no memory'])
    assert.deepEqual([link.closed, stage.server.sessions], [true, 0])
  })
})
