import assert from 'node:assert/strict'
import { Busy, Fault, FaultKind, Mark, Ready, Refused, RingType, type Open } from '../../../protocols/ring/index.ts'
import { markBytes } from '../../../src/pipeline/evidence.ts'
import { encodeFrame } from '../../../protocols/frame/index.ts'
import { HIDDEN } from '../support/fake-model.ts'
import { rawStage, rowsOf, SESSION, TAIL, type RawLink, type RawStage } from '../support/raw-stage.ts'
import { settle } from '../support/virtual-clock.ts'

const refusal = (link: RawLink): Refused | undefined => link.of(RingType.refused).map(({ payload }) => Refused.decode(payload))[0]
const faults = (link: RawLink): Fault[] => link.of(RingType.fault).map(({ payload }) => Fault.decode(payload))

const nothingHeld = (stage: RawStage): void => { assert.deepEqual([stage.runner.reserved, stage.server.sessions], [0, 0]) }

/** Another session works as if nothing had happened. */
async function stillServes (stage: RawStage): Promise<void> {
  const session = new Uint8Array(16).fill(99)
  const control = await stage.open({ session })
  const data = await stage.hello({ session })
  const before = stage.next.at(-1)
  data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
  await settle()
  assert.equal(control.of(RingType.ready).length, 1)
  assert.equal(before?.of(RingType.hidden).length, 1)
  await control.link.close()
  await settle()
}

describe('stageServer', () => {
  it('reserves, dials the next stage, says hello and is ready', async () => {
    const stage = await rawStage()
    const control = await stage.open()
    const [ready] = control.of(RingType.ready)
    assert.equal(ready === undefined ? 0 : Ready.decode(ready.payload).positions, 20)
    assert.deepEqual([stage.runner.reserved, stage.server.sessions, stage.next.length, stage.next[0]?.of(RingType.hello).length], [1, 1, 1, 1])
    await control.link.close()
    await settle()
    nothingHeld(stage)
    assert.equal(stage.next[0]?.of(RingType.close).length, 1)
  })

  it('runs rows in order and sends them on in one frame each', async () => {
    const stage = await rawStage()
    await stage.open()
    const data = await stage.hello()
    data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 3 }, rowsOf(3))
    data.send({ type: RingType.hidden, lap: 2, position: 3, rows: 2, score: 1 }, rowsOf(2))
    data.send({ type: RingType.hidden, lap: 2, position: 3, rows: 2, score: 1 }, rowsOf(2, 9))
    data.send({ type: RingType.hidden, lap: 3, position: 4, rows: 1, score: 1 }, rowsOf(1))
    await settle()
    assert.deepEqual(stage.runner.runs.map(({ position, rows }) => [position, rows]), [[0, 3], [3, 2], [4, 1]])
    assert.deepEqual(stage.next[0]?.of(RingType.hidden).map(({ header, payload }) => [header.lap, header.position, header.rows, header.score, payload.length]),
      [[1, 0, 3, 0, 3 * HIDDEN * 4], [2, 3, 2, 1, 2 * HIDDEN * 4], [3, 4, 1, 1, HIDDEN * 4]])
  })

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

  it('frees what nobody uses for 10 s, and keeps what its coordinator asks after', async () => {
    const stage = await rawStage()
    const idle = await stage.open()
    const kept = await stage.open({ session: new Uint8Array(16).fill(1) })
    for (let second = 0; second < 12; second++) {
      kept.send({ type: RingType.beat })
      await stage.clock.advance(1000)
    }
    assert.equal(faults(idle)[0]?.code, 'unused')
    assert.deepEqual([stage.server.sessions, stage.runner.reserved], [1, 1])
    assert.ok(kept.of(RingType.beat).length >= 12)
  })

  const wrongData: Array<[name: string, frame: (data: RawLink) => void]> = [
    ['a payload too short', (data) => { data.send({ type: RingType.hidden, lap: 1, rows: 2 }, rowsOf(1)) }],
    ['a payload too long', (data) => { data.send({ type: RingType.hidden, lap: 1, rows: 1 }, rowsOf(2)) }],
    ['no rows', (data) => { data.send({ type: RingType.hidden, lap: 1, rows: 0 }) }],
    ['more rows than a frame may have', (data) => { data.send({ type: RingType.hidden, lap: 1, rows: 1025 }, rowsOf(1025)) }],
    ['positions beyond what is reserved', (data) => { data.send({ type: RingType.hidden, lap: 1, position: 19, rows: 2 }, rowsOf(2)) }],
    ['positions at the end of all numbers', (data) => { data.send({ type: RingType.hidden, lap: 1, position: 0xffff_ffff, rows: 2 }, rowsOf(2)) }],
    ['a score above its rows', (data) => { data.send({ type: RingType.hidden, lap: 1, rows: 1, score: 2 }, rowsOf(1)) }],
    ['a value that is not a number', (data) => { data.send({ type: RingType.hidden, lap: 1, rows: 1 }, rowsOf(1).fill(255)) }],
    ['tokens for a stage in the middle', (data) => { data.send({ type: RingType.tokens, lap: 1, rows: 1 }, new Uint8Array(4)) }],
    ['a type that does not belong there', (data) => { data.send({ type: RingType.result, lap: 1, rows: 1 }) }],
    ['an unknown type', (data) => { data.send({ type: 77 }) }],
    ['a flag that must be known', (data) => { data.send({ type: RingType.hidden, flags: 1, lap: 1, rows: 1 }, rowsOf(1)) }],
    ['a mark that is no protobuf', (data) => { data.send({ type: RingType.mark }, new Uint8Array(9).fill(255)) }],
    ['a mark of something else', (data) => { data.send({ type: RingType.mark }, new Uint8Array(0)) }],
    ['an end without a word', (data) => { data.link.abort(new Error('gone')) }]
  ]
  for (const [name, act] of wrongData) {
    it(`blames the previous stage for ${name}, keeps what it has for another route, and goes on`, async () => {
      const stage = await rawStage()
      const control = await stage.open()
      const other = await stage.open({ session: new Uint8Array(16).fill(1) })
      const data = await stage.hello()
      act(data)
      await settle()
      assert.deepEqual(faults(control).map(({ kind, peerId }) => [kind, peerId]), [[FaultKind.peer, 'p']])
      assert.equal(stage.next[0]?.of(RingType.hidden).length, 0)
      assert.deepEqual([stage.runner.reserved, stage.server.sessions, control.closed, other.closed], [2, 2, false, false])
      if (!data.link.closed) data.send({ type: RingType.hidden, lap: 9, position: 0, rows: 1 }, rowsOf(1))
      await settle()
      assert.deepEqual([stage.runner.runs.length, faults(control).length], [0, 1])
      await stillServes(stage)
      await stage.clock.advance(12_000)
      assert.deepEqual([control.closed, faults(control).at(-1)?.code], [true, 'unused'])
      nothingHeld(stage)
    })
  }

  const wrongControl: Array<[name: string, frame: (control: RawLink) => void]> = [
    ['prompt ids for a stage in the middle', (control) => { control.send({ type: RingType.ids, lap: 1, rows: 1 }, new Uint8Array(4)) }],
    ['hidden states from the coordinator', (control) => { control.send({ type: RingType.hidden, lap: 1, rows: 1 }, rowsOf(1)) }],
    ['a second OPEN', (control) => { control.send({ type: RingType.open }) }],
    ['a wrong version', (control) => { control.link.send(Uint8Array.of(20, 0, 0, 0, 9, 7, 24, 0, ...new Uint8Array(16))) }]
  ]
  for (const [name, act] of wrongControl) {
    it(`gives a session up over ${name}, and goes on`, async () => {
      const stage = await rawStage()
      const control = await stage.open()
      act(control)
      await settle()
      assert.deepEqual(faults(control).map(({ kind }) => kind), [FaultKind.request])
      nothingHeld(stage)
      await stillServes(stage)
    })
  }

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

  it('answers a hole with what it has, to both sides, and computes nothing', async () => {
    const stage = await rawStage()
    const control = await stage.open()
    const data = await stage.hello()
    data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
    data.send({ type: RingType.hidden, lap: 2, position: 5, rows: 1 }, rowsOf(1))
    await settle()
    assert.deepEqual([control, data].map((link) => link.of(RingType.gap).map(({ header }) => [header.lap, header.position])), [[[2, 2]], [[2, 2]]])
    assert.equal(stage.runner.runs.length, 1)
    data.send({ type: RingType.hidden, lap: 3, position: 2, rows: 1 }, rowsOf(1))
    await settle()
    assert.deepEqual([stage.runner.runs.length, faults(control).length], [2, 0])
  })

  it('beats every 250 ms while it holds a lap, and says where it is when asked', async () => {
    const stage = await rawStage()
    const control = await stage.open()
    const data = await stage.hello()
    const gate = Promise.withResolvers<undefined>()
    stage.runner.before = () => gate.promise.then(() => undefined)
    await stage.clock.advance(5000)
    assert.equal(control.of(RingType.beat).length, 0)
    data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
    await stage.clock.advance(1000)
    assert.deepEqual(control.of(RingType.beat).map(({ header, payload }) => [header.lap, header.position, payload[1]]), Array(4).fill([1, 2, 3]))
    gate.resolve(undefined)
    await stage.clock.advance(1000)
    assert.equal(control.of(RingType.beat).length, 4)
    control.send({ type: RingType.beat })
    await settle()
    assert.equal(control.of(RingType.beat).at(-1)?.payload[1], 4)
  })

  it('frees everything when the control link goes, also in the middle of a run', async () => {
    for (const close of [(link: RawLink) => { link.link.abort(new Error('gone')) }, (link: RawLink) => { void link.link.close() }, (link: RawLink) => { link.send({ type: RingType.close }) }]) {
      const stage = await rawStage()
      const control = await stage.open()
      const data = await stage.hello()
      const gate = Promise.withResolvers<undefined>()
      stage.runner.before = () => gate.promise.then(() => undefined)
      data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
      await settle()
      close(control)
      await settle()
      nothingHeld(stage)
      gate.resolve(undefined)
      await stage.clock.advance(2000)
      assert.deepEqual([stage.next[0]?.of(RingType.hidden).length, stage.next[0]?.of(RingType.close).length, data.closed], [0, 1, true])
      await stillServes(stage)
    }
  })

  it('tells the coordinator when its own run fails or makes no numbers', async () => {
    for (const breakIt of [
      (stage: RawStage) => { stage.runner.before = () => { throw new Error('the device was lost') } },
      (stage: RawStage) => { stage.runner.after = (output) => { output[0] = NaN } }
    ]) {
      const stage = await rawStage()
      const control = await stage.open()
      const data = await stage.hello()
      breakIt(stage)
      data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
      await settle()
      assert.deepEqual(faults(control).map(({ kind, peerId }) => [kind, peerId]), [[FaultKind.internal, '']])
      nothingHeld(stage)
      assert.equal(stage.next[0]?.of(RingType.hidden).length, 0)
    }
  })

  it('holds back a sender that is faster than the run, and the run when the next stage is slow', async () => {
    const stage = await rawStage()
    const control = await stage.open({ positions: 256 })
    const data = await stage.hello()
    const gate = Promise.withResolvers<undefined>()
    stage.runner.before = () => gate.promise.then(() => undefined)
    let sentBytes = 0
    let more = true
    for (let lap = 1; more && lap < 10_000; lap++) {
      const frame = encodeFrame({ type: RingType.hidden, epoch: 1, lap, rows: 256 }, rowsOf(256))
      more = data.link.send(frame)
      sentBytes += frame.length
      if (lap % 100 === 0) await settle()
    }
    // 8 MiB at the stage and 4 MiB on the link
    assert.equal(more, false)
    assert.ok(sentBytes > 8 * 2 ** 20 && sentBytes < 14 * 2 ** 20, `${sentBytes}`)
    assert.deepEqual(faults(control), [])
    control.link.abort(new Error('gone'))
    await settle()
    nothingHeld(stage)

    const behind = await rawStage()
    await behind.open({ positions: 256 })
    const source = await behind.hello()
    behind.next[0]?.link.pause()
    behind.runner.run = ([step]) => {
      behind.runner.runs.push({ position: 0, rows: 256, score: 0 })
      step?.consume(new Float32Array(256 * HIDDEN))
      return Promise.resolve()
    }
    for (let lap = 1; lap <= 1300; lap++) source.send({ type: RingType.hidden, lap, rows: 256 }, rowsOf(256))
    await settle()
    const ran = behind.runner.runs.length
    assert.ok(ran > 900 && ran < 1100, `${ran}`)
    behind.next[0]?.link.resume()
    await settle()
    assert.equal(behind.runner.runs.length, 1300)
  })

  it('tells the coordinator that the next stage left', async () => {
    const stage = await rawStage()
    const control = await stage.open()
    stage.next[0]?.link.abort(new Error('gone'))
    await settle()
    assert.deepEqual(faults(control).map(({ kind, peerId }) => [kind, peerId]), [[FaultKind.peer, 'n']])
    await control.link.close()
    await settle()
    nothingHeld(stage)
  })

  it('takes tokens only at the head, ids below the vocabulary, and embeds the last accepted and the proposed as one frame', async () => {
    const stage = await rawStage({ start: 0, end: 2 })
    const control = await stage.open({ prev: [{ peerId: 'p', start: 4, addresses: [] }] })
    const data = await stage.hello({ from: 4 })
    const ids = (...list: number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer)
    control.send({ type: RingType.ids, lap: 1, position: 0, rows: 3, score: 1 }, ids(1, 2, 3))
    data.send({ type: RingType.tokens, lap: 2, position: 3, rows: 2, score: 1 }, ids(4, 5, 6))
    await settle()
    assert.deepEqual(stage.next[0]?.of(RingType.hidden).map(({ header }) => [header.lap, header.position, header.rows, header.score]), [[1, 0, 3, 1]])
    assert.deepEqual(data.of(RingType.gap).map(({ header }) => header.position), [3])
    data.send({ type: RingType.tokens, lap: 3, position: 2, rows: 2, score: 1 }, ids(4, 5, 6))
    await settle()
    assert.deepEqual(stage.next[0].of(RingType.hidden).at(-1)?.header, { type: RingType.hidden, flags: 0, epoch: 1, lap: 3, position: 3, rows: 2, score: 2 })
    data.send({ type: RingType.tokens, lap: 4, position: 5, rows: 1 }, ids(64))
    await settle()
    assert.deepEqual(faults(control).map(({ kind, peerId }) => [kind, peerId]), [[FaultKind.peer, 'p']])
  })

  it('refuses at the tail to score or choose what it was not opened for', async () => {
    for (const [position, rows, score] of [[0, 2, 1], [0, 4, 0], [0, 4, 2], [0, 5, 1]] as const) {
      const stage = await rawStage({ start: 4, end: 6 })
      const control = await stage.open({ tail: TAIL, next: [{ peerId: 'n', start: 0, addresses: [] }] })
      const data = await stage.hello()
      data.send({ type: RingType.hidden, lap: 21, position, rows, score }, rowsOf(rows))
      await settle()
      assert.deepEqual(faults(control).map(({ kind, peerId }) => [kind, peerId]), [[FaultKind.peer, 'p']], `${position} ${rows} ${score}`)
    }
  })

  it('sends nothing as a standby', async () => {
    const standby = await rawStage()
    await standby.open({ role: 1 })
    ;(await standby.hello()).send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
    await settle()
    assert.deepEqual([standby.runner.runs.length, standby.next.length], [1, 0])
  })

  it('marks what it sent, and what was sent is what the mark says', async () => {
    const stage = await rawStage()
    const control = await stage.open({ positions: 100 })
    const data = await stage.hello()
    for (let position = 0; position < 70; position++) data.send({ type: RingType.hidden, lap: position + 1, position, rows: 1 }, rowsOf(1, position))
    await settle()
    const next = stage.next[0]
    assert.deepEqual(next?.of(RingType.mark).map(({ header }) => header.position), [64])
    await control.link.close()
    await settle()
    assert.deepEqual(next.of(RingType.mark).map(({ header }) => header.position), [64, 70])

    // the same frames, replayed to another stage by whoever sent them, with their marks: both are verified
    const verifier = await rawStage({ start: 4, end: 6 })
    const watching = await verifier.open({ prev: [{ peerId: 'm', start: 2, addresses: [] }], positions: 100, tail: { ...TAIL, promptTokens: 100 } })
    const replay = await verifier.raw('m')
    for (const { frame } of next.frames) {
      replay.link.send(frame)
      await settle()
    }
    assert.deepEqual(faults(watching), [])

    const [hello] = next.frames
    const [mark] = next.of(RingType.mark)
    assert.ok(hello !== undefined && mark !== undefined)
    const { hash, signature } = Mark.decode(mark.payload)
    const otherHash = hash.map((byte) => byte ^ 1)
    const lie = new Uint8Array(await stage.host('m').sign(markBytes({ session: SESSION, epoch: 1, to: 4, frames: 64, position: 64, hash: otherHash })))
    for (const wrong of [{ frames: 64, hash: otherHash, signature: lie }, { frames: 63, hash, signature }, { frames: 64, hash, signature: signature.map((byte) => byte ^ 1) }]) {
      const other = await rawStage({ start: 4, end: 6 })
      const told = await other.open({ prev: [{ peerId: 'm', start: 2, addresses: [] }], positions: 100, tail: { ...TAIL, promptTokens: 100 } })
      const forged = await other.raw('m')
      for (const { frame } of [hello, ...next.of(RingType.hidden).slice(0, 64)]) forged.link.send(frame)
      forged.send({ type: RingType.mark, position: 64 }, Mark.encode(wrong))
      await settle()
      assert.deepEqual(faults(told).map(({ peerId }) => peerId), ['m'])
    }
  })

  it('lets sessions end while it drains, and takes no more', async () => {
    const stage = await rawStage()
    const control = await stage.open()
    let drained = false
    const draining = stage.server.drain().then(() => { drained = true })
    assert.equal(refusal(await stage.open({ session: new Uint8Array(16).fill(1) }))?.code, 'draining')
    assert.equal(drained, false)
    await assert.rejects(stage.server.drain({ signal: AbortSignal.abort(new Error('no time')) }), /no time/)
    await control.link.close()
    await draining
    assert.equal(drained, true)
  })

  it('ends its sessions with a reason when it stops', async () => {
    const stage = await rawStage()
    const control = await stage.open()
    await stage.server.stop()
    await settle()
    assert.equal(faults(control)[0]?.code, 'draining')
    nothingHeld(stage)
  })

  it('takes no new session on a span that was withdrawn', async () => {
    const stage = await rawStage()
    const withdraw = stage.server.offer('second', stage.runner)
    assert.equal((await stage.open({ modelId: 'second', session: SESSION })).of(RingType.ready).length, 1)
    withdraw()
    assert.equal(refusal(await stage.open({ modelId: 'second', session: new Uint8Array(16).fill(1) }))?.code, 'not-served')
  })
})
