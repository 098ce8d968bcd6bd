import assert from 'node:assert/strict'
import { Fault, FaultKind, Ready, Reroute, Resume, RingType } from '../../../protocols/ring/index.ts'
import { rawStage, rowsOf, SESSION, type RawLink, type RawStage } from '../support/raw-stage.ts'
import { settle } from '../support/virtual-clock.ts'

const faults = (link: RawLink): Fault[] => link.of(RingType.fault).map(({ payload }) => Fault.decode(payload))
const readies = (link: RawLink): Ready[] => link.of(RingType.ready).map(({ payload }) => Ready.decode(payload))

async function reroute (control: RawLink, epoch: number, { prev = 'p', next = 'n' } = {}): Promise<void> {
  control.send({ type: RingType.reroute, epoch }, Reroute.encode({
    prev: [{ peerId: prev, start: 0, addresses: [] }], next: [{ peerId: next, start: 4, addresses: [] }], stages: 1, role: 0
  }))
  await settle()
}

async function resume (control: RawLink, epoch: number, from: number, until: number): Promise<void> {
  control.send({ type: RingType.resume, epoch, position: from }, Resume.encode({ until }))
  await settle()
}

/** A stage at work that has positions 0 to 5, in frames of 3, 1 and 1 rows. */
async function atWork (): Promise<{ stage: RawStage, control: RawLink, data: RawLink }> {
  const stage = await rawStage()
  const control = await stage.open()
  const data = await stage.hello()
  data.send({ type: RingType.hidden, lap: 21, position: 0, rows: 3, score: 1 }, rowsOf(3))
  data.send({ type: RingType.hidden, lap: 22, position: 3, rows: 1, score: 1 }, rowsOf(1, 5))
  data.send({ type: RingType.hidden, lap: 23, position: 4, rows: 1, score: 1 }, rowsOf(1, 7))
  await settle()
  return { stage, control, data }
}

describe('a stage that gets other neighbours', () => {
  it('keeps what it computed, says what it has, and sends the very payloads again, from where the next one lacks them', async () => {
    const { stage, control } = await atWork()
    const before = stage.next[0]?.of(RingType.hidden) ?? []
    await reroute(control, 2)
    assert.deepEqual(readies(control).at(-1), { positions: 20, have: 5, from: 0, to: 5, stats: true })
    const next = stage.next[1]
    assert.deepEqual([next?.of(RingType.hello).length, next?.of(RingType.hidden).length], [1, 0])
    await resume(control, 2, 3, 5)
    assert.deepEqual(next?.of(RingType.hidden).map(({ header, payload }) => [header.epoch, header.lap, header.position, header.rows, header.score, Buffer.from(payload).toString('hex')]),
      before.slice(1).map(({ header, payload }) => [2, header.position + 1, header.position, 1, 0, Buffer.from(payload).toString('hex')]))
    assert.equal(stage.runner.runs.length, 3)

    const data = await stage.hello({ epoch: 2 })
    data.send({ type: RingType.hidden, epoch: 2, lap: 21, position: 5, rows: 1, score: 1 }, rowsOf(1))
    await settle()
    assert.deepEqual(next.of(RingType.hidden).at(-1)?.header.position, 5)
    assert.deepEqual(faults(control), [])
  })

  it('computes anew what is taken back, and sends on only what the next one lacks', async () => {
    const { stage, control } = await atWork()
    await reroute(control, 2)
    await resume(control, 2, 4, 3)
    const data = await stage.hello({ epoch: 2 })
    data.send({ type: RingType.hidden, epoch: 2, lap: 4, position: 3, rows: 1 }, rowsOf(1, 5))
    data.send({ type: RingType.hidden, epoch: 2, lap: 21, position: 4, rows: 1, score: 1 }, rowsOf(1, 7))
    await settle()
    assert.deepEqual(stage.runner.runs.slice(3).map(({ position }) => position), [3, 4])
    assert.deepEqual(stage.next[1]?.of(RingType.hidden).map(({ header }) => header.position), [4])
    await reroute(control, 3)
    assert.deepEqual(readies(control).at(-1), { positions: 20, have: 5, from: 0, to: 5, stats: true })
  })

  it('waits for the run that is under way before it says what it has', async () => {
    const { stage, control, data } = await atWork()
    const gate = Promise.withResolvers<undefined>()
    stage.runner.before = () => gate.promise.then(() => undefined)
    data.send({ type: RingType.hidden, lap: 24, position: 5, rows: 1, score: 1 }, rowsOf(1))
    data.send({ type: RingType.hidden, lap: 25, position: 6, rows: 1, score: 1 }, rowsOf(1))
    await settle()
    await reroute(control, 2)
    assert.equal(readies(control).length, 1)
    const beats = control.of(RingType.beat).length
    await stage.clock.advance(1000)
    assert.ok(control.of(RingType.beat).length >= beats + 3, 'it is not silent meanwhile')
    gate.resolve(undefined)
    await settle()
    assert.deepEqual([readies(control).at(-1)?.have, readies(control).at(-1)?.to], [6, 6])
  })

  it('goes on after a neighbour was at fault', async () => {
    const { stage, control, data } = await atWork()
    data.link.abort(new Error('gone'))
    await settle()
    assert.deepEqual(faults(control).map(({ peerId }) => peerId), ['p'])
    await reroute(control, 2, { prev: 'q' })
    await resume(control, 2, 5, 5)
    const other = await stage.hello({ epoch: 2 }, 'q')
    other.send({ type: RingType.hidden, epoch: 2, lap: 21, position: 5, rows: 1, score: 1 }, rowsOf(1))
    await settle()
    assert.equal(stage.next[1]?.of(RingType.hidden).length, 1)
  })

  it('keeps a HELLO of an epoch that is to come, takes nothing in one that is over, and ignores a REROUTE to the past', async () => {
    const { stage, control } = await atWork()
    const early = await stage.hello({ epoch: 2 })
    await reroute(control, 2)
    await resume(control, 2, 5, 5)
    early.send({ type: RingType.hidden, epoch: 2, lap: 21, position: 5, rows: 1, score: 1 }, rowsOf(1))
    await settle()
    assert.equal(stage.next[1]?.of(RingType.hidden).length, 1)
    const late = await stage.hello({ epoch: 1 })
    late.send({ type: RingType.hidden, lap: 22, position: 6, rows: 1, score: 1 }, rowsOf(1))
    await settle()
    assert.deepEqual([late.closed, stage.next[1].of(RingType.hidden).length], [true, 1])
    await reroute(control, 1)
    assert.deepEqual([readies(control).length, faults(control).length], [2, 0])
  })

  it('names the next stage that it can not reach, and takes another', async () => {
    const { stage, control } = await atWork()
    await reroute(control, 2, { next: 'nowhere' })
    assert.deepEqual(faults(control).map(({ kind, peerId }) => [kind, peerId]), [[FaultKind.peer, 'nowhere']])
    await reroute(control, 3)
    await resume(control, 3, 0, 5)
    assert.equal(stage.next[1]?.of(RingType.hidden).length, 3)
  })

  it('gives a session up that is resumed before it is ready, or twice, or rerouted to nobody', async () => {
    for (const act of [
      async (control: RawLink) => { await resume(control, 1, 0, 0) },
      async (control: RawLink) => { control.send({ type: RingType.reroute, epoch: 2 }, Reroute.encode({ prev: [], next: [] })); await settle() },
      async (control: RawLink) => { control.send({ type: RingType.reroute, epoch: 2 }, new Uint8Array(9).fill(255)); await settle() }
    ]) {
      const { stage, control } = await atWork()
      await act(control)
      assert.deepEqual(faults(control).map(({ kind }) => kind), [FaultKind.request])
      assert.deepEqual([stage.runner.reserved, stage.server.sessions], [0, 0])
    }
  })

  it('begins anew for its own coordinator in a later epoch, and for nobody else', async () => {
    const { stage, control } = await atWork()
    const thief = await stage.open({ epoch: 2 }, 'thief')
    assert.deepEqual([control.closed, stage.server.sessions], [false, 2])
    await thief.link.close()
    const again = await stage.open({ epoch: 2, session: SESSION })
    assert.deepEqual([readies(again)[0]?.have, control.closed, stage.runner.reserved, stage.server.sessions], [0, true, 1, 1])
  })
})
