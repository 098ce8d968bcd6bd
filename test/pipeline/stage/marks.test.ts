import assert from 'node:assert/strict'
import { Mark, RING_PROTOCOL, Reroute, Resume, RingType } from '../../../protocols/ring/index.ts'
import { markBytes } from '../../../src/pipeline/evidence.ts'
import { SESSION, TAIL, rawLink, rawStage, rowsOf, type RawLink, type RawStage } from '../support/raw-stage.ts'
import { faults } from '../support/stage-checks.ts'
import { settle } from '../support/virtual-clock.ts'

const ROWS = 450

describe('marks', () => {
  /** One row a frame. */
  async function stageWithHistory (): Promise<{ readonly stage: RawStage, readonly control: RawLink, readonly data: RawLink }> {
    const stage = await rawStage({ start: 2, end: 4 }, {}, { context: 512 })
    const control = await stage.open({ positions: ROWS })
    const data = await stage.hello()
    for (let position = 0; position < ROWS; position++) {
      data.send({ type: RingType.hidden, lap: position + 1, position, rows: 1 }, rowsOf(1, position % 7))
      if (position % 32 === 0) await settle()
    }
    for (let turn = 0; stage.runner.runs.length < ROWS; turn++) await settle()
    return { stage, control, data }
  }

  /** For each mark, the frames that came before it and that it does not cover. */
  const lateness = (next: RawLink): number[] => {
    let frames = 0
    return next.frames.flatMap(({ header, payload }) => {
      if (header.type === RingType.hidden) frames++
      return header.type === RingType.mark ? [frames - Mark.decode(payload).frames] : []
    })
  }

  it('keep up with frames that are sent again, however long signing takes', async () => {
    const { stage, control } = await stageWithHistory()
    const own = stage.host('m')
    const { sign } = own
    own.sign = async (bytes) => {
      await settle()
      return await sign(bytes)
    }
    let other: RawLink | undefined
    await stage.host('o').handle(RING_PROTOCOL, (link) => { other = rawLink(link) })
    control.send({ type: RingType.reroute, epoch: 2 }, Reroute.encode({ prev: [{ peerId: 'p', start: 0, addresses: [] }], next: [{ peerId: 'o', start: 4, addresses: [] }], stages: 1, role: 0 }))
    for (let turn = 0; turn < 20; turn++) await settle()
    control.send({ type: RingType.resume, epoch: 2, position: 0 }, Resume.encode({ until: ROWS }))
    for (let turn = 0; turn < 100 && other?.of(RingType.hidden).length !== ROWS; turn++) await settle()
    await settle()
    assert.ok(other !== undefined)
    const late = lateness(other)
    assert.deepEqual([other.of(RingType.hidden).length, late.length], [ROWS, 7])
    assert.ok(Math.max(...late) <= 64, late.join(' '))
  })

  it('are no fault where they come so late that nobody remembers, and are where they never were', async () => {
    for (const [frames, isFault] of [[64, false], [128, false], [192, true], [100, true], [512, true], [0, true]] as const) {
      const stage = await rawStage({ start: 4, end: 6 }, {}, { context: 512 })
      const control = await stage.open({ prev: [{ peerId: 'm', start: 2, addresses: [] }], positions: ROWS, tail: { ...TAIL, promptTokens: ROWS } })
      const data = await stage.hello({ from: 2, to: 4 }, 'm')
      for (let position = 0; position < 400; position++) data.send({ type: RingType.hidden, lap: position + 1, position, rows: 1 }, rowsOf(1))
      const hash = new Uint8Array(32)
      const signature = new Uint8Array(await stage.host('m').sign(markBytes({ session: SESSION, epoch: 1, to: 4, frames, position: frames, hash })))
      data.send({ type: RingType.mark, position: frames }, Mark.encode({ frames, hash, signature }))
      await settle()
      assert.deepEqual(faults(control).map(({ peerId }) => peerId), isFault ? ['m'] : [], `${frames} frames`)
    }
  })
})
