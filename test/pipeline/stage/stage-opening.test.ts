import assert from 'node:assert/strict'
import { Busy, RingType, type Open } from '../../../protocols/ring/index.ts'
import { rawStage, rowsOf, SESSION, TAIL } from '../support/raw-stage.ts'
import { refusal, faults, nothingHeld, stillServes } from '../support/stage-checks.ts'
import { settle } from '../support/virtual-clock.ts'

describe('a stage server\'s answer to OPEN', () => {
  const refusals: Array<[name: string, changes: Partial<Open>, code: string]> = [
    ['an unknown requirement', { requires: ['telepathy'] }, 'unsupported'],
    ['an unknown wire', { wire: 'q3' }, 'unsupported'],
    ['an unknown role', { role: 9 }, 'unsupported'],
    ['an unknown rope variant', { ropeVariant: 2 }, 'unsupported'],
    ['an unknown compute', { compute: 7 }, 'unsupported'],
    ['another compute', { compute: 2 }, 'not-served'],
    ['another model', { modelId: 'other' }, 'not-served'],
    ['another span', { end: 5 }, 'not-served'],
    ['an empty span', { start: 4 }, 'malformed'],
    ['a session of the wrong size', { session: new Uint8Array(15) }, 'malformed'],
    ['epoch 0', { epoch: 0 }, 'malformed'],
    ['no positions', { positions: 0 }, 'malformed'],
    ['positions without end', { positions: 0xffff_ffff }, 'malformed'],
    ['more positions than the context', { positions: 257 }, 'context'],
    ['the hash of a key that is none', { keyHash: new Uint8Array(31) }, 'malformed'],
    ['a session to take over that is none', { takeOver: { session: new Uint8Array(15), key: new Uint8Array(32) } }, 'malformed'],
    ['a key to take over that is none', { takeOver: { session: new Uint8Array(16), key: new Uint8Array(33) } }, 'malformed'],
    ['no previous stage', { prev: [] }, 'malformed'],
    ['no next stage', { next: [] }, 'malformed'],
    ['a neighbour without a name', { next: [{ peerId: '', start: 4, addresses: [] }] }, 'malformed'],
    ['sampling for a stage that does not sample', { tail: TAIL }, 'malformed'],
    ['a next stage that nobody reaches', { next: [{ peerId: 'nowhere', start: 4, addresses: [] }] }, 'unreachable']
  ]
  for (const [name, changes, code] of refusals) {
    it(`refuses ${name}, holds nothing, and goes on`, async () => {
      const stage = await rawStage()
      const control = await stage.open(changes)
      assert.equal(refusal(control)?.code, code)
      if (code === 'unreachable') assert.equal(refusal(control)?.peerId, 'nowhere')
      assert.equal(control.closed, true)
      nothingHeld(stage)
      await stillServes(stage)
    })
  }

  it('refuses sampling that can not be, at the tail', async () => {
    for (const tail of [
      undefined, { ...TAIL, temperature: NaN }, { ...TAIL, topP: 2 }, { ...TAIL, promptTokens: 0 }, { ...TAIL, promptTokens: 21 },
      { ...TAIL, promptIds: new Uint8Array(3) }, { ...TAIL, promptIds: new Uint8Array(8) }, { ...TAIL, promptIds: new Uint8Array(16).fill(255) },
      { ...TAIL, scorePrompt: true }, { ...TAIL, logprobs: 1000 }, { ...TAIL, logitBias: new Map([[64, 1]]) }
    ]) {
      const stage = await rawStage({ start: 4, end: 6 })
      const control = await stage.open(tail === undefined ? {} : { tail })
      assert.equal(refusal(control)?.code, 'malformed', JSON.stringify(tail?.promptTokens))
      nothingHeld(stage)
    }
  })

  it('is busy where no slot is free or a coordinator has as many sessions as it may', async () => {
    const stage = await rawStage(undefined, { maxSessionsPerPeer: 2 })
    stage.runner.refusal = Object.assign(new Error('all 4 slots are taken'), { name: 'NoCapacityError' })
    const [full] = (await stage.open()).of(RingType.busy)
    assert.ok(full !== undefined && Busy.decode(full.payload).retryAfterMs > 0)
    stage.runner.refusal = undefined
    for (const fill of [1, 2]) await stage.open({ session: new Uint8Array(16).fill(fill) })
    assert.equal((await stage.open({ session: new Uint8Array(16).fill(3) })).of(RingType.busy).length, 1)
    assert.equal((await stage.open({ session: new Uint8Array(16).fill(3) }, 'd')).of(RingType.ready).length, 1)
  })

  it('does not open a session twice', async () => {
    const stage = await rawStage()
    const first = await stage.open()
    const second = await stage.open()
    assert.equal(refusal(second)?.code, 'malformed')
    assert.deepEqual([stage.server.sessions, first.closed], [1, false])
  })

  for (const [when, epoch] of [['before', 1], ['after', 1], ['before', 99], ['after', 99]] as const) {
    it(`opens a session for its coordinator though another one opened its id first in epoch ${epoch}, and finds the data link that said hello ${when} it`, async () => {
      const stage = await rawStage()
      const thief = await stage.open({ epoch, prev: [{ peerId: 'q', start: 0, addresses: [] }] }, 'thief')
      const early = when === 'before' ? await stage.hello() : undefined
      const own = await stage.open()
      const data = early ?? await stage.hello()
      assert.deepEqual([own.of(RingType.ready).length, stage.server.sessions], [1, 2])
      data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
      await settle()
      assert.deepEqual([stage.runner.runs.length, data.closed, thief.closed], [1, false, false])
      await thief.link.close()
      await settle()
      assert.deepEqual([stage.server.sessions, own.closed, faults(own)], [1, false, []])
    })
  }

  it('takes no new session on a span that was withdrawn', async () => {
    const stage = await rawStage()
    const withdraw = stage.server.offer('second', stage.runner)
    assert.equal((await stage.open({ modelId: 'second', session: SESSION })).of(RingType.ready).length, 1)
    withdraw()
    assert.equal(refusal(await stage.open({ modelId: 'second', session: new Uint8Array(16).fill(1) }))?.code, 'not-served')
  })
})
