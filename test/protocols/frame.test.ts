import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { allocFrame, encodeFrame, frameBytes, FrameError, MAX_FRAME_BYTES, payloadOf, readHeader, writeHeader } from '../../protocols/frame/index.ts'

const header = fc.record({
  type: fc.nat(255), epoch: fc.nat(2 ** 32 - 1), lap: fc.nat(2 ** 32 - 1), position: fc.nat(2 ** 32 - 1), rows: fc.nat(65_535), score: fc.nat(65_535), flags: fc.constantFrom(0, 0x10, 0xf0)
}, { noNullPrototype: true })

describe('frames', () => {
  it('give back what was written', () => {
    fc.assert(fc.property(header, fc.uint8Array({ maxLength: 100 }), (fields, payload) => {
      const frame = encodeFrame(fields, payload)
      assert.equal(frameBytes(frame), frame.byteLength)
      assert.deepEqual(readHeader(frame), fields)
      assert.deepEqual(payloadOf(frame), payload)
    }))
  })

  it('are the README\'s example', () => {
    const readme = readFileSync(new URL('../../protocols/frame/README.md', import.meta.url), 'utf8')
    const bytes = Buffer.from((/```\n([0-9a-f ]+)\n```/.exec(readme)?.[1] ?? '').replaceAll(' ', ''), 'hex')
    assert.deepEqual(new Uint8Array(bytes), encodeFrame({ type: 9, epoch: 1, lap: 7, position: 300, rows: 1, score: 1 }, Uint8Array.of(0xaa, 0xbb)))
  })

  it('skip header bytes that a later version adds', () => {
    const frame = allocFrame(6)
    writeHeader(frame, { type: 1 })
    frame[6] = 28
    frame.set([1, 2], 28)
    assert.deepEqual(payloadOf(frame), Uint8Array.of(1, 2))
    assert.equal(readHeader(frame).type, 1)
  })

  const spoil = (at: number, value: number): Uint8Array => {
    const frame = encodeFrame({ type: 1 }, new Uint8Array(4))
    frame[at] = value
    return frame
  }
  for (const [what, frame] of [
    ['another version', spoil(4, 2)], ['a critical flag', spoil(7, 1)], ['a header shorter than the known one', spoil(6, 23)],
    ['a header longer than the frame', spoil(6, 29)], ['too few bytes', new Uint8Array(10)]
  ] as const) {
    it(`are refused with ${what}`, () => { assert.throws(() => readHeader(frame), FrameError) })
  }

  it('are refused by their length before memory is taken', () => {
    const bytes = new Uint8Array(4)
    for (const length of [0, 19, MAX_FRAME_BYTES - 3, 2 ** 32 - 1]) {
      new DataView(bytes.buffer).setUint32(0, length, true)
      assert.throws(() => frameBytes(bytes), FrameError)
    }
  })
})
