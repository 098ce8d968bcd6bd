import { MalformedError } from '../errors.ts'
import { NonFiniteError, wires } from '../wire/index.ts'
import type { Clock } from '../../p2p/index.ts'
import type { Emitter } from './emitter.ts'
import type { Job } from './job.ts'
import type { Meter } from './meter.ts'
import type { StagePlan } from './stage-plan.ts'
import type { Tail, TailOutcome } from './tail.ts'
import type { LapObserver, Tally } from './tally.ts'
import type { Slot } from '../../engine/index.ts'

export interface SpanWorkComponents {
  readonly plan: StagePlan
  readonly slot: Slot
  readonly clock: Pick<Clock, 'now'>
  readonly meter: Meter
  readonly tally: Tally
  readonly observer?: LapObserver | undefined
  readonly tail: Tail | undefined
}

export interface SpanWorkOptions {
  readonly emit: Emitter | undefined
  /** Stages that take turns at the session's rows. */
  readonly turns: number
  /** In the ring: a standby's rows ask for nothing either, but nobody waits for them. */
  readonly emits: boolean
  /** Once it is aborted nothing is sent any more. */
  readonly signal: AbortSignal
  /** When the job came. */
  readonly sinceMs: number
}

/**
 * One job through the span: rows in, and what comes out handed on while the engine still holds it. Jobs of a session come one after another.
 * True where a next stage takes its time. @throws {MalformedError} where the sender is at fault @throws what the run throws
 */
export function spanWork ({ plan, slot, clock, meter, tally, observer, tail }: SpanWorkComponents): (job: Job, options: SpanWorkOptions) => Promise<boolean> {
  const { runner, ropeVariant } = plan
  const { hiddenSize } = runner
  const codec = wires[plan.wire]
  let input = new Float32Array(0)
  // of the frame under way: jobs come one after another
  let deviceMs = 0
  let queueMs = 0
  let computeMs = 0
  let readyMs = 0
  let chosenMs = 0
  const ran = (ms: number): void => { deviceMs += ms }

  /** Before anybody can hear of a frame: what a coordinator asks for at the end has the last lap in it. */
  function chosen (rows: number, sinceMs: number): void {
    chosenMs = clock.now()
    queueMs = Math.max(0, readyMs - sinceMs - deviceMs)
    computeMs = deviceMs + chosenMs - readyMs
    tally.lap(rows, queueMs, computeMs)
  }

  function sent (rows: number): void {
    const sendMs = clock.now() - chosenMs
    tally.sent(rows, sendMs)
    observer?.lap(rows, queueMs, computeMs, sendMs)
  }

  function read (payload: Uint8Array, rows: number, from: string): Float32Array {
    if (input.length < rows * hiddenSize) input = new Float32Array(rows * hiddenSize)
    const values = input.subarray(0, rows * hiddenSize)
    try {
      codec.decode(payload, rows, hiddenSize, values)
    } catch (error) {
      throw error instanceof NonFiniteError ? new MalformedError(`${from} sent hidden states that are not finite`, { cause: error }) : error
    }
    return values
  }

  return async ({ header, input: given, from }, { emit, emits, turns, signal, sinceMs }) => {
    const { position, rows, score } = header
    tail?.check(header)
    const failed: unknown[] = []
    const measured = meter.begin(rows)
    deviceMs = 0
    let full = false
    let waited: Promise<TailOutcome> | undefined
    try {
      await runner.run([{
        slot,
        position,
        turns,
        catchesUp: emits && rows === 1 && score === 0,
        ropeVariant,
        input: given instanceof Uint32Array ? given : read(given, rows, from),
        score: tail === undefined ? 0 : score,
        wants: plan.tail?.embed === undefined ? 'logits' : 'hidden',
        ran,
        consume (output) {
          if (signal.aborted) return
          readyMs = clock.now()
          try {
            const outcome = tail?.take(header, output)
            if (outcome instanceof Promise) {
              waited = outcome
              outcome.catch(() => { /* told below, if the run did not fail before */ })
              return
            }
            chosen(rows, sinceMs)
            if (outcome === undefined) full = emit?.hidden(header, output) ?? false
            else emit?.outcome(header, outcome)
            sent(rows)
          } catch (error) {
            failed.push(error)
          }
        }
      }], { signal })
      if (waited !== undefined) {
        const outcome = await waited
        if (signal.aborted) return full
        chosen(rows, sinceMs)
        emit?.outcome(header, outcome)
        sent(rows)
      }
    } finally {
      measured()
    }
    if (failed.length > 0) throw failed[0]
    return full
  }
}
