import { setImmediate as nextTurn } from 'node:timers/promises'
import { FRAME_HEADER_BYTES } from '../../../protocols/frame/index.ts'
import { Finish, Result, RingType, type TokenResult } from '../../../protocols/ring/index.ts'
import { encodeFrame, floatBytes, idBytes, newFrame, type FrameHeader } from '../frames.ts'
import { wires } from '../wire/index.ts'
import { tokenResult, type TailOutcome } from './tail.ts'
import type { ReplayBuffer } from '../replay-buffer.ts'
import type { Job } from './job.ts'
import type { Hops } from './hops.ts'
import type { Tally } from './tally.ts'
import type { StagePlan } from './stage-plan.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Sent again before others have a turn: hashing and copying a session's all at once would hold up every other session of the node. */
const REPLAY_FRAMES = 32

export interface EmitterComponents {
  readonly plan: StagePlan
  readonly hops: Pick<Hops, 'plan' | 'outlets'>
  readonly replay: ReplayBuffer
  /** What goes out begins at this position. */
  readonly from: number
  readonly tally: Pick<Tally, 'bytes'>
  /** Sends a frame on the control link. */
  tell (header: Partial<FrameHeader> & { readonly type: number }, payload?: Uint8Array): void
}

/** Puts what a run made into frames, straight from the engine's memory, and sends them; in one epoch. */
export interface Emitter {
  /** Rows `[rows, hidden]` to the next stages. True where one of them takes its time. @throws {NonFiniteError} */
  hidden (header: Job['header'], output: Float32Array): boolean
  /** Tokens to the head and, at the same time, to the coordinator. */
  outcome (header: Job['header'], outcome: TailOutcome): void
  /**
   * Sends what the buffer has of positions `[from, until)` again: the very payloads, as laps numbered by their positions. False where
   * some of them are forgotten. @throws the signal's reason
   */
  replay (until: number, options: AbortOptions): Promise<boolean>
}

export function emitter ({ plan, hops, replay, from, tally, tell }: EmitterComponents): Emitter {
  const { wire, runner: { hiddenSize } } = plan
  const { epoch, emits } = hops.plan
  const codec = wires[wire]

  function send (frame: Uint8Array, rows: number, endPosition: number): boolean {
    let full = false
    for (const each of hops.outlets) {
      if (!each.send(frame, endPosition)) full = true
      tally.bytes(rows, frame.byteLength)
    }
    return full
  }

  function result (rows: number, position: number, tokens: TokenResult[], finish: number, prompt: boolean, embedding?: Float32Array): void {
    const payload = Result.encode({ tokens, finish, prompt, ...(embedding === undefined ? {} : { embedding: floatBytes(embedding) }) })
    tally.bytes(rows, FRAME_HEADER_BYTES + payload.byteLength)
    tell({ type: RingType.result, epoch, position, rows: tokens.length }, payload)
  }

  return {
    hidden ({ lap, position, rows, score }, output) {
      const { frame, payload } = newFrame({ type: RingType.hidden, epoch, lap, position, rows, score }, codec.bytes(rows, hiddenSize))
      codec.encode(output, rows, hiddenSize, payload)
      // what nobody needs now is kept all the same: the next stage may be replaced later
      replay.add({ position, rows, payload })
      return emits && position + rows > from && send(frame, rows, position + rows)
    },

    outcome ({ lap, rows }, { scored, scoredFrom, token, position, finish, embedding }) {
      if (!emits) return
      if (token !== undefined && finish === 'none') {
        send(encodeFrame({ type: RingType.tokens, epoch, lap: lap + 1, position, rows: 1 }, idBytes([token.id])), rows, position + 1)
      }
      if (scored.length > 0) {
        result(rows, scoredFrom, scored.map(tokenResult), Finish.none, true)
      }
      if (token !== undefined || finish !== 'none') {
        result(rows, position, token === undefined ? [] : [tokenResult(token)], Finish[finish], false, embedding)
      }
    },

    async replay (until, options) {
      if (!emits || from >= until) return true
      const cursor = replay.since(from)
      let reached = from
      for (;;) {
        const next = cursor.next(REPLAY_FRAMES)
        const due = next instanceof Promise ? await next : next
        options.signal?.throwIfAborted()
        if (due.length === 0) return reached >= until && !cursor.lost
        for (const { position, rows, payload } of due) {
          if (position >= until) return true
          reached = position + rows
          const full = send(encodeFrame({ type: RingType.hidden, epoch, lap: position + 1, position, rows }, payload), rows, reached)
          if (full) await Promise.all(hops.outlets.map((each) => each.drained(options)))
        }
        await nextTurn()
      }
    }
  }
}
