import assert from 'node:assert/strict'
import { hiddenJob, promptJob, tokensJob, type JobBounds } from '../../../src/pipeline/stage/job.ts'
import { idBytes } from '../../../src/pipeline/frames.ts'
import { wires } from '../../../src/pipeline/wire/index.ts'
import type { FrameHeader } from '../../../protocols/frame/index.ts'

const bounds: JobBounds = { positions: 100_000, vocabSize: 1000, hiddenSize: 4, codec: wires.f32 }
const header = (rows: number, score = 0): FrameHeader => ({ type: 0, flags: 0, epoch: 1, lap: 1, position: 0, rows, score })

/** A view on a chunk of the network that has much else in it. */
function inChunk (payload: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(Math.max(64 * 1024, payload.byteLength + 24))
  chunk.set(payload, 24)
  return chunk.subarray(24, 24 + payload.byteLength)
}

describe('a job', () => {
  it('of ids has them in memory of their own, and no more of them than are embedded', () => {
    const prompt = promptJob(header(2), inChunk(idBytes([1, 2])), 'c', bounds)
    assert.deepEqual([prompt.input, prompt.input.buffer.byteLength], [Uint32Array.of(1, 2), 8])
    const accepted = Array.from({ length: 20_000 }, () => 5)
    const tokens = tokensJob(header(accepted.length, 1), inChunk(idBytes([...accepted, 9])), 't', bounds)
    assert.deepEqual([tokens.input, tokens.input.buffer.byteLength, tokens.header.rows], [Uint32Array.of(5, 9), 8, 2])
  })

  it('of rows copies nothing', () => {
    const payload = inChunk(new Uint8Array(16))
    assert.equal(hiddenJob(header(1), payload, 'p', bounds).input, payload)
  })
})
