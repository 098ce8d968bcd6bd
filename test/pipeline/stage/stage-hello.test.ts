import assert from 'node:assert/strict'
import { FaultKind, RingType } from '../../../protocols/ring/index.ts'
import { rawStage, rowsOf, type RawLink } from '../support/raw-stage.ts'
import { faults, stillServes } from '../support/stage-checks.ts'
import { settle } from '../support/virtual-clock.ts'

describe('a stage server\'s links that begin with HELLO, or wrongly', () => {
  it('blames nobody of a session for a stranger who says hello, and gives the stranger nothing', async () => {
    const stage = await rawStage()
    const control = await stage.open()
    for (const [changes, from] of [[{}, 'stranger'], [{ from: 1 }, 'p']] as const) {
      const link = await stage.hello(changes, from)
      if (!link.link.closed) link.send({ type: RingType.hidden, lap: 1, rows: 1 }, rowsOf(1))
      await settle()
      assert.equal(faults(link)[0]?.kind, FaultKind.request)
      assert.equal(link.closed, true)
    }
    assert.deepEqual([stage.runner.runs.length, faults(control).length, stage.server.sessions], [0, 0, 1])
  })

  it('keeps a HELLO that comes before its OPEN, for a while', async () => {
    const stage = await rawStage()
    const early = await stage.hello()
    await stage.open()
    early.send({ type: RingType.hidden, lap: 1, rows: 1 }, rowsOf(1))
    await settle()
    assert.equal(stage.next[0]?.of(RingType.hidden).length, 1)

    const lost = await stage.hello({ session: new Uint8Array(16).fill(5) })
    await stage.clock.advance(9000)
    assert.equal(lost.closed, false)
    await stage.clock.advance(2000)
    assert.equal(lost.closed, true)
  })

  it('keeps a bounded number of HELLOs for one session that is not open', async () => {
    const stage = await rawStage()
    const links: RawLink[] = []
    for (let count = 0; count < 12; count++) links.push(await stage.hello({ session: new Uint8Array(16).fill(5) }))
    assert.equal(links.filter(({ closed }) => closed).length, 4)
    await stillServes(stage)
  })

  it('leaves room for the HELLOs of others, whatever one peer says', async () => {
    const stage = await rawStage()
    const links: RawLink[] = []
    for (let count = 0; count < 520; count++) links.push(await stage.hello({ session: new Uint8Array(16).fill(5).fill(count >> 8, 0, 1).fill(count & 255, 1, 2) }, 'evil'))
    assert.equal(links.filter(({ closed }) => !closed).length, 64)
    const early = await stage.hello()
    await stage.open()
    early.send({ type: RingType.hidden, lap: 1, rows: 1 }, rowsOf(1))
    await settle()
    assert.equal(stage.next[0]?.of(RingType.hidden).length, 1)
  })

  it('forgets a HELLO whose link ends', async () => {
    const stage = await rawStage()
    for (let count = 0; count < 100; count++) {
      const link = await stage.hello()
      assert.equal(link.closed, false)
      link.link.abort(new Error('gone'))
      await settle()
    }
    await stillServes(stage)
  })

  it('refuses data for a session that is not open', async () => {
    const stage = await rawStage()
    const link = await stage.hello({ session: new Uint8Array(16).fill(5) })
    link.send({ type: RingType.hidden, lap: 1, rows: 1 }, rowsOf(1))
    await settle()
    assert.equal(link.closed, true)
  })

  it('keeps no HELLO that is larger than one can be', async () => {
    const stage = await rawStage()
    assert.equal(faults(await stage.hello({ modelId: 'm'.repeat(5000) }))[0]?.kind, FaultKind.request)
  })

  for (const [name, type, payload] of [
    ['no protobuf after OPEN', RingType.open, new Uint8Array(40).fill(255)], ['no protobuf after HELLO', RingType.hello, new Uint8Array(40).fill(255)],
    ['a HELLO of nothing', RingType.hello, new Uint8Array(0)], ['an OPEN of nothing', RingType.open, new Uint8Array(0)], ['rows first', RingType.hidden, rowsOf(1)],
    ['a type from the future', 200, new Uint8Array(4)]
  ] as const) {
    it(`ends a link that begins with ${name}, says so, and goes on`, async () => {
      const stage = await rawStage()
      const link = await stage.raw()
      link.send({ type }, payload)
      await settle()
      assert.equal(link.closed, true)
      assert.equal(link.frames.length, 1)
      await stillServes(stage)
    })
  }

  it('ends a link that says nothing', async () => {
    const stage = await rawStage()
    const link = await stage.raw()
    await stage.clock.advance(11_000)
    assert.equal(link.closed, true)
  })
})
