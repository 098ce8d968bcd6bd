import assert from 'node:assert/strict'
import { FaultKind, Mark, Ready, RingType } from '../../../protocols/ring/index.ts'
import { encodeFrame } from '../../../protocols/frame/index.ts'
import { markBytes } from '../../../src/pipeline/evidence.ts'
import { HIDDEN } from '../support/fake-model.ts'
import { rawStage, rowsOf, SESSION, TAIL, type RawLink } from '../support/raw-stage.ts'
import { refusal, faults, nothingHeld, stillServes } from '../support/stage-checks.ts'
import { settle } from '../support/virtual-clock.ts'

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
})
