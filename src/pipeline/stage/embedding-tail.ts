import { MalformedError } from '../errors.ts'
import { NonFiniteError } from '../wire/index.ts'
import type { TailPlan } from './stage-plan.ts'
import type { Tail, TailFrame, TailOutcome } from './tail.ts'

/**
 * The end of a ring that embeds: pools the prompt's hidden states behind the last norm. Their mean is summed in double precision, position by
 * position, so that it is the same bits however the prompt was cut into frames.
 * @param positions of the session: laps up to there are of frames that are sent again
 */
export function embeddingTail ({ promptTokens, embed }: TailPlan, hiddenSize: number, positions: number): Tail<TailOutcome> {
  let known = 0
  /** Positions in the sum. */
  let summed = 0
  const sum = new Float64Array(embed === 'mean' ? hiddenSize : 0)

  const isKnown = ({ lap, position, rows }: TailFrame): boolean => lap <= positions || position + rows < known

  /** Rows of a frame whose hidden states are needed. */
  function needed (frame: TailFrame): number {
    const { position, rows } = frame
    if (isKnown(frame)) return 0
    return embed === 'mean' ? rows : position + rows < promptTokens ? 0 : 1
  }

  function add (hidden: Float32Array): void {
    for (let index = 0; index < hidden.length; index++) {
      const column = index % hiddenSize
      sum[column] = (sum[column] ?? 0) + (hidden[index] ?? 0)
    }
  }

  return {
    resume (from) {
      // a sum begins at the beginning
      known = embed === 'mean' ? 0 : from
      summed = 0
      sum.fill(0)
    },

    check (frame) {
      const { position, rows, score } = frame
      const asked = needed(frame)
      if (score !== asked) throw new MalformedError(`hidden states of ${score} rows are asked for at position ${position}, where ${asked} are needed`)
      if (position + rows > promptTokens) throw new MalformedError(`positions behind the prompt's ${promptTokens}, of which nothing is wanted`)
      if (embed === 'mean' && !isKnown(frame) && position !== summed) throw new MalformedError(`position ${position} comes where ${summed} is to be pooled`)
    },

    take (frame, hidden) {
      const { position, rows } = frame
      const end = position + rows
      const outcome = { scored: [], scoredFrom: end, position: end, finish: 'none' } as const
      if (isKnown(frame)) return outcome
      if (embed === 'mean') {
        add(hidden)
        summed = end
      }
      if (end < promptTokens) return outcome
      const embedding = embed === 'mean' ? Float32Array.from(sum, (value) => value / promptTokens) : hidden.slice()
      if (!embedding.every(Number.isFinite)) throw new NonFiniteError(position)
      return { ...outcome, finish: 'stop', embedding }
    }
  }
}
