import { MalformedError } from '../errors.ts'
import { GrammarError, type Constraint, type TokenMask } from '../grammar/index.ts'
import { sampler, type Choice } from '../sampler/index.ts'
import type { TokenResult } from '../../../protocols/ring/index.ts'
import type { TailPlan } from './stage-plan.ts'

/** What comes out of one frame at the tail. */
export interface TailOutcome {
  /** The prompt's tokens from position `scoredFrom`, scored. */
  readonly scored: readonly Choice[]
  readonly scoredFrom: number
  /** The next token and its position; none while the prompt lasts, none after the end. */
  readonly token?: Choice
  readonly position: number
  readonly finish: 'none' | 'stop' | 'length'
  /** Comes with the end. */
  readonly embedding?: Float32Array
}

/** A frame of rows; one that is sent again has a lap of its own, see protocols/ring/README.md. */
export interface TailFrame {
  readonly lap: number
  readonly position: number
  readonly rows: number
  readonly score: number
}

/** The end of the ring: scores the prompt, chooses tokens, ends the text. */
export interface Tail<Outcome = TailOutcome | Promise<TailOutcome>> {
  /**
   * What was told of positions below `from` is known, the ids among it: nothing is asked or told of them.
   * @throws {MalformedError} where the two contradict each other, or there are more ids than the answer may have
   */
  resume (from: number, generatedIds: ArrayLike<number>): void
  /** What the frame has to ask logits for. @throws {MalformedError} where it asks otherwise */
  check (frame: TailFrame): void
  /**
   * At once, but where an answer is held to a grammar: then when it is known what may follow.
   * @param made logits `[score, vocab]`, or hidden states `[score, hidden]` where an embedding is wanted; read before this returns @throws {GrammarError}
   */
  take (frame: TailFrame, made: Float32Array): Outcome
}

/**
 * @param positions of the session: laps up to there are of frames that are sent again
 * @param constraint where the plan has a grammar
 */
export function tail (plan: TailPlan, vocabSize: number, positions: number): Tail<TailOutcome>
export function tail (plan: TailPlan, vocabSize: number, positions: number, constraint: Constraint | undefined): Tail
export function tail (plan: TailPlan, vocabSize: number, positions: number, constraint?: Constraint): Tail {
  const { promptTokens, maxTokens, stopIds, promptIds, scorePrompt, sampling } = plan
  /** The last one may lie behind the last position: nothing comes of it. */
  const mostIds = Math.max(0, Math.min(maxTokens, positions + 1 - promptTokens))
  let choose = sampler({ sampling, promptIds })
  const scorer = sampler({ sampling: { ...sampling, logprobs: sampling.logprobs ?? 0 }, promptIds: [] })
  let chosen = 0
  let known = 0
  /** Ids that the constraint has read. */
  let held = 0

  const isKnown = ({ lap, position, rows }: TailFrame): boolean => lap <= positions || position + rows < known

  /** Rows of a frame whose logits are needed. */
  function needed (frame: TailFrame): number {
    const { position, rows } = frame
    if (isKnown(frame)) return 0
    if (position + rows < promptTokens) return scorePrompt ? rows : 0
    return scorePrompt && position < promptTokens ? rows : maxTokens > 0 ? 1 : 0
  }

  return {
    resume (from, generatedIds) {
      if (generatedIds.length > mostIds) throw new MalformedError(`${generatedIds.length} tokens were told of an answer of ${mostIds} at most`)
      chosen = generatedIds.length
      if (chosen > 0 && from !== promptTokens + chosen) throw new MalformedError(`${chosen} tokens behind a prompt of ${promptTokens} do not end at position ${from}`)
      known = from
      // a sampler's state is its ids, nothing else: whoever was the tail before
      choose = sampler({ sampling, promptIds, generated: Array.from(generatedIds) })
      constraint?.read(0, Array.from(generatedIds))
      held = chosen
    },

    check (frame) {
      const { position, rows, score } = frame
      const end = position + rows
      const asked = needed(frame)
      if (score !== asked) throw new MalformedError(`logits of ${score} rows are asked for at position ${position}, where ${asked} are needed`)
      if (end > promptTokens && (rows !== 1 || position < promptTokens)) throw new MalformedError('generated positions come one by one')
      if (!isKnown(frame) && end - promptTokens > chosen) throw new MalformedError(`position ${position} was never chosen here`)
    },

    take (frame, logits) {
      const { position, rows, score } = frame
      const end = position + rows
      const scored: Choice[] = []
      if (isKnown(frame)) return { scored, scoredFrom: end, position: end, finish: 'none' }
      if (scorePrompt && position < promptTokens) {
        for (let row = 0; row < rows && position + row + 1 < promptTokens; row++) {
          scored.push(scorer.score(logits.subarray(row * vocabSize, (row + 1) * vocabSize), promptIds[position + row + 1] ?? 0))
        }
      }
      const outcome = { scored, scoredFrom: position + 1, position: end, finish: 'none' } as const
      if (end < promptTokens) return outcome
      if (maxTokens === 0) return { ...outcome, finish: 'length' }

      chosen = end - promptTokens
      choose.truncate(chosen)
      const row = logits.subarray((score - 1) * vocabSize, score * vocabSize)
      if (constraint === undefined) return ended(outcome, choose.sample(row, end))
      const before = chosen
      if (before !== held) constraint.read(before, [])
      held = before
      // the engine takes its memory back before the mask may be there
      const kept = row.slice()
      return constraint.mask().then((mask) => {
        const allowed = allowedTokens(mask)
        if (allowed === undefined) return { ...outcome, finish: 'stop' }
        const made = ended(outcome, choose.sample(kept, end, allowed))
        if (made.token !== undefined) constraint.read(before, [made.token.id])
        held = before + 1
        return made
      })
    }
  }

  function ended (outcome: TailOutcome, token: Choice): TailOutcome {
    chosen++
    if (stopIds.has(token.id)) return { ...outcome, finish: 'stop' }
    return { ...outcome, token, finish: chosen >= maxTokens ? 'length' : 'none' }
  }

  /** With the ids that end the text where it may end; undefined where it has to, and no id says so. @throws {GrammarError} */
  function allowedTokens ({ bits, complete }: TokenMask): Uint32Array | undefined {
    const allowed = bits.slice()
    for (const id of stopIds) {
      const bit = 1 << (id & 31)
      allowed[id >> 5] = complete ? (allowed[id >> 5] ?? 0) | bit : (allowed[id >> 5] ?? 0) & ~bit
    }
    if (allowed.some((word) => word !== 0)) return allowed
    if (complete) return undefined
    throw new GrammarError('no token of this model goes on with the answer by its grammar')
  }
}

/** A choice as RESULT has it. */
export function tokenResult ({ id, logprob, top = [] }: Choice): TokenResult {
  return {
    id,
    topIds: top.map((each) => each.id),
    topLogprobs: top.map((each) => each.logprob),
    ...(logprob === undefined ? {} : { logprob })
  }
}
