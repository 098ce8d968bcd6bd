import assert from 'node:assert/strict'
import { FaultKind, Feature, RingType } from '../../../protocols/ring/index.ts'
import { GrammarError, WorkerGoneError } from '../../../src/pipeline/grammar/index.ts'
import { rawStage, rowsOf, TAIL, type RawLink, type RawStage } from '../support/raw-stage.ts'
import { faults, nothingHeld, stillServes } from '../support/stage-checks.ts'
import { settle } from '../support/virtual-clock.ts'

describe('a stage server that is sent what can not be, or fails', () => {
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

  it('tells whether the answer\'s grammar is wrong, or has nobody to follow it: then it has no capacity, and nobody is blamed', async () => {
    for (const [error, kind] of [[new GrammarError('it costs too much'), FaultKind.request], [new WorkerGoneError('it ended'), FaultKind.capacity]] as const) {
      const grammars = { open: () => ({ read () { /* whatever */ }, mask: () => Promise.reject(error), close () { /* nothing is held */ } }), stop: () => Promise.resolve() }
      const stage = await rawStage({ start: 4, end: 6 }, {}, { grammars })
      const tail = { ...TAIL, grammar: { text: 'root ::= "a"', many: false, visible: [] } }
      const control = await stage.open({ tail, next: [{ peerId: 'n', start: 0, addresses: [] }], requires: [Feature.grammar] })
      const data = await stage.hello()
      data.send({ type: RingType.hidden, lap: 21, position: 0, rows: 4, score: 1 }, rowsOf(4))
      await settle()
      assert.deepEqual(faults(control).map((told) => [told.kind, told.peerId]), [[kind, '']])
      nothingHeld(stage)
    }
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
})
