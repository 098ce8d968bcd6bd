import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { BlobType, Want } from '../../protocols/blob/index.ts'
import { GenerateType, Request, Token } from '../../protocols/generate/index.ts'
import { Beat, BeatState, Finish, Hello, Result, RingType } from '../../protocols/ring/index.ts'
import { encodeFrame, idBytes } from '../../src/pipeline/frames.ts'
import { wires } from '../../src/pipeline/wire/index.ts'

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')

function hidden (): Uint8Array {
  const payload = new Uint8Array(wires.f16.bytes(2, 2))
  wires.f16.encode(Float32Array.of(1, -0.5, 30_000, 1), 2, 2, payload)
  return payload
}

describe('the examples of', () => {
  for (const [protocol, frames] of [
    ['ring', {
      HELLO: encodeFrame({ type: RingType.hello, epoch: 1 }, Hello.encode({ session: Uint8Array.from({ length: 16 }, (_, index) => index), epoch: 1, modelId: 'bafy', from: 0, to: 3 })),
      IDS: encodeFrame({ type: RingType.ids, epoch: 1, lap: 1, rows: 2, score: 1 }, idBytes([1, 300])),
      HIDDEN: encodeFrame({ type: RingType.hidden, epoch: 1, lap: 1, rows: 2, score: 1 }, hidden()),
      TOKENS: encodeFrame({ type: RingType.tokens, epoch: 1, lap: 2, position: 2, rows: 1 }, idBytes([7])),
      RESULT: encodeFrame({ type: RingType.result, epoch: 1, lap: 1, position: 2, rows: 1 }, Result.encode({ tokens: [{ id: 7, topIds: [], topLogprobs: [] }], finish: Finish.none, prompt: false })),
      BEAT: encodeFrame({ type: RingType.beat, epoch: 1, lap: 1, position: 2 }, Beat.encode({ state: BeatState.computing }))
    }],
    ['generate', {
      REQUEST: encodeFrame({ type: GenerateType.request }, Request.encode({ modelId: 'bafy', chat: [], text: 'Hi', special: false, maxTokens: 8, stop: [], wire: 'f16', scorePrompt: false, ignoreEos: false })),
      TOKEN: encodeFrame({ type: GenerateType.token }, Token.encode({ id: 7, text: ' there', topIds: [], topLogprobs: [] }))
    }],
    ['blob', {
      WANT: encodeFrame({ type: BlobType.want, lap: 7 }, Want.encode({ cid: 'bafk', offset: 1_048_576n, length: 16, gentle: false })),
      DATA: encodeFrame({ type: BlobType.data, lap: 7 }, Uint8Array.from({ length: 16 }, (_, index) => index))
    }]
  ] as const) {
    it(`protocols/${protocol}/README.md are what this implementation writes`, () => {
      const lines = readFileSync(`protocols/${protocol}/README.md`, 'utf8').split('\n')
      for (const [name, frame] of Object.entries(frames)) assert.ok(lines.includes(hex(frame)), name)
    })
  }
})
