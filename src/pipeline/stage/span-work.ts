import { MalformedError } from '../errors.ts'
import { NonFiniteError, wires } from '../wire/index.ts'
import type { Emitter } from './emitter.ts'
import type { Job } from './job.ts'
import type { Meter } from './meter.ts'
import type { StagePlan } from './stage-plan.ts'
import type { Tail, TailOutcome } from './tail.ts'
import type { Slot } from '../../engine/index.ts'

export interface SpanWorkComponents {
  readonly plan: StagePlan
  readonly slot: Slot
  readonly meter: Meter
  readonly tail: Tail | undefined
}

export interface SpanWorkOptions {
  readonly emit: Emitter | undefined
  /** Stages that take turns at the session's rows. */
  readonly turns: number
  /** Once it is aborted nothing is sent any more. */
  readonly signal: AbortSignal
}

/**
 * One job through the span: rows in, and what comes out handed on while the engine still holds it. Jobs of a session come one after another.
 * True where a next stage takes its time. @throws {MalformedError} where the sender is at fault @throws what the run throws
 */
export function spanWork ({ plan, slot, meter, tail }: SpanWorkComponents): (job: Job, options: SpanWorkOptions) => Promise<boolean> {
  const { runner, ropeVariant } = plan
  const { hiddenSize } = runner
  const codec = wires[plan.wire]
  let input = new Float32Array(0)

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

  return async ({ header, payload, ids, from }, { emit, turns, signal }) => {
    const { position, rows, score } = header
    tail?.check(header)
    const failed: unknown[] = []
    const measured = meter.begin(rows)
    let full = false
    let waited: Promise<TailOutcome> | undefined
    try {
      await runner.run([{
        slot,
        position,
        turns,
        ropeVariant,
        input: ids ?? read(payload, rows, from),
        score: tail === undefined ? 0 : score,
        consume (output) {
          if (signal.aborted) return
          try {
            if (tail === undefined) {
              full = emit?.hidden(header, output) ?? false
              return
            }
            const outcome = tail.take(header, output)
            if (outcome instanceof Promise) {
              waited = outcome
              outcome.catch(() => { /* told below, if the run did not fail before */ })
            } else {
              emit?.outcome(header, outcome)
            }
          } catch (error) {
            failed.push(error)
          }
        }
      }], { signal })
      if (waited !== undefined) {
        const outcome = await waited
        if (!signal.aborted) emit?.outcome(header, outcome)
      }
    } finally {
      measured()
    }
    if (failed.length > 0) throw failed[0]
    return full
  }
}
