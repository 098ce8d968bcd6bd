/** Where each stage of a ring goes on from, given what each has: pure. */
import { promptChunks } from './request.ts'

/** What a stage said with READY. */
export interface StageHolding {
  /** Leading positions in its KV cache. */
  readonly have: number
  /** Positions `[from, to)` that it can send on again. */
  readonly from: number
  readonly to: number
}

export interface ResumeInit {
  /** From the head to the tail. */
  readonly stages: readonly StageHolding[]
  readonly promptTokens: number
  /** Ids known behind the prompt. */
  readonly generated: number
  /** The prompt's rows are scored, this many are; undefined where they are not. */
  readonly scored?: number | undefined
}

export interface ResumePlan {
  /** First position that the coordinator hands to the head. */
  readonly start: number
  /** First position that runs as if nothing had happened: what lies before asks for no logits. */
  readonly at: number
  /** For each stage: what it sends on begins at `from` (of the tail: what it tells), and its own input at `until`. */
  readonly stages: ReadonlyArray<{ readonly from: number, readonly until: number }>
}

/**
 * From the tail to the head: a stage's input begins at what it has. Where the one before it has that still in its buffer it is
 * sent again and nothing is computed twice; where not, that one computes it again, and its own input begins there.
 */
export function resumePlan ({ stages, promptTokens, generated, scored }: ResumeInit): ResumePlan {
  // a second row that runs anew takes the first with it, which would be alone
  const unscored = scored === 1 ? 0 : scored
  const at = generated > 0 ? promptTokens + generated - 1 : unscored ?? Math.max(0, promptTokens - 2)
  const told = generated > 0 ? promptTokens + generated : unscored === undefined ? promptTokens : unscored + 1
  const made: Array<{ from: number, until: number }> = []
  let from = told
  let needed = at
  for (const [index, { have, from: first, to }] of [...stages].reverse().entries()) {
    // the tail's own input is bounded by what runs anew, not by what it told
    const replays = index > 0 && first <= needed && needed <= to
    let until = Math.min(have, at, replays ? to : needed)
    if (index === stages.length - 1) until = withoutSingle(until, generated > 0 ? promptTokens : scored === undefined ? promptTokens : at)
    made.unshift({ from, until })
    from = until
    needed = until
  }
  return { start: needed, at, stages: made }
}

/** A prompt's row alone is computed otherwise in the last bits than with another: two, where there are two. */
const withoutSingle = (start: number, end: number): number => start > 0 && end - start === 1 ? start - 1 : start

export interface Feed {
  readonly from: number
  readonly ids: readonly number[]
  /** Trailing rows that need logits. */
  readonly score: number
}

export interface FeedInit {
  readonly plan: Pick<ResumePlan, 'start' | 'at'>
  readonly promptIds: readonly number[]
  readonly generatedIds: readonly number[]
  readonly scorePrompt: boolean
  /** Whether a token is to be chosen behind the prompt. */
  readonly chooses: boolean
  /** Rows of one chunk of the prompt. */
  readonly rows: number
}

/** What the head is handed: the prompt's positions in chunks, generated ones one by one, as they were computed the first time. */
export function feeds ({ plan: { start, at }, promptIds, generatedIds, scorePrompt, chooses, rows }: FeedInit): Feed[] {
  const length = promptIds.length
  const chunk = (from: number, to: number, isScored: boolean): Feed[] => promptChunks(from, to, rows).map((part) => ({
    from: part.from,
    ids: promptIds.slice(part.from, part.to),
    score: isScored ? part.to - part.from : part.to === length && chooses && generatedIds.length === 0 ? 1 : 0
  }))
  const border = scorePrompt && generatedIds.length === 0 ? Math.max(start, at) : length
  const first = Math.max(start, length)
  return [
    ...chunk(start, Math.min(border, length), false),
    ...chunk(border, length, scorePrompt),
    ...generatedIds.slice(first - length).map((id, index) => ({ from: first + index, ids: [id], score: first + index === at ? 1 : 0 }))
  ]
}
