import { Finish, Result, RingType } from '../../../protocols/ring/index.ts'
import { encodeFrame, idBytes, newFrame, type FrameHeader } from '../frames.ts'
import { wires } from '../wire/index.ts'
import { tokenResult, type TailOutcome } from './tail.ts'
import type { ReplayBuffer } from '../replay-buffer.ts'
import type { Job } from './job.ts'
import type { Outlet } from './outlet.ts'
import type { StagePlan } from './stage-plan.ts'

export interface EmitterComponents {
  readonly plan: StagePlan
  readonly replay: ReplayBuffer
  outlets (): readonly Outlet[]
  /** Sends a frame on the control link. */
  tell (header: Partial<FrameHeader> & { readonly type: number }, payload: Uint8Array): void
}

/** Puts what a run made into frames, straight from the engine's memory, and sends them. */
export interface Emitter {
  /** Rows `[rows, hidden]` to the next stages. True where one of them takes its time. @throws {NonFiniteError} */
  hidden (header: Job['header'], output: Float32Array): boolean
  /** Tokens to the head and, at the same time, to the coordinator. */
  outcome (header: Job['header'], outcome: TailOutcome): void
}

export function emitter ({ plan, replay, outlets, tell }: EmitterComponents): Emitter {
  const { epoch, emitFrom, emits, wire, runner: { hiddenSize } } = plan
  const codec = wires[wire]

  return {
    hidden ({ lap, position, rows, score }, output) {
      const skipped = Math.min(rows, Math.max(0, emitFrom - position))
      const sent = rows - skipped
      if (sent === 0 || !emits) return false
      const first = position + skipped
      const { frame, payload } = newFrame({
        type: RingType.hidden, epoch, lap, position: first, rows: sent, score: Math.min(score, sent)
      }, codec.bytes(sent, hiddenSize))
      codec.encode(output.subarray(skipped * hiddenSize), sent, hiddenSize, payload)
      const full = outlets().map((each) => each.send(frame, first + sent)).includes(false)
      replay.add({ position: first, rows: sent, score, payload })
      return full
    },

    outcome ({ lap }, { scored, scoredFrom, token, position, finish }) {
      if (!emits) return
      if (token !== undefined && finish === 'none') {
        const payload = idBytes([token.id])
        const frame = encodeFrame({ type: RingType.tokens, epoch, lap: lap + 1, position, rows: 1 }, payload)
        for (const each of outlets()) each.send(frame, position + 1)
        replay.add({ position, rows: 1, score: 0, payload })
      }
      if (scored.length > 0) {
        const result = { tokens: scored.map(tokenResult), finish: Finish.none, prompt: true }
        tell({ type: RingType.result, position: scoredFrom, rows: scored.length }, Result.encode(result))
      }
      if (token !== undefined || finish !== 'none') {
        const tokens = token === undefined ? [] : [tokenResult(token)]
        tell({ type: RingType.result, position, rows: tokens.length }, Result.encode({ tokens, finish: Finish[finish], prompt: false }))
      }
    }
  }
}
