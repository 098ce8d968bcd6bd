/** Who is at fault when a ring falls silent: pure, told the time. A ring that is silent names nobody by itself. */

/** Without a token for three of the session's usual laps and a bit, but no longer than this, all stages are asked. */
export const QUIET_MS = 1000
const QUIET_LAPS = 3
const QUIET_MORE_MS = 250
/** Weight of the newest lap. */
const NEWEST = 0.2
/** How long an answer may take: with `QUIET_MS`, a stage that is gone is named within 3 s. */
export const ANSWER_MS = 1500
/** A silent stage that has a standby is left for it after this: with little to send again, a wrong guess costs less than waiting. */
export const HEDGE_MS = 500
/** All answer, nobody works and nothing moves. */
export const STALL_MS = 10_000
/** One stage works and nothing moves. */
export const WORK_MS = 120_000
/** Whatever moves: no prompt takes longer to its first token. */
export const LIMIT_MS = 1_800_000

export type StageState = 'waiting' | 'queued' | 'computing' | 'sent'

export type Verdict =
  | { readonly kind: 'wait', readonly ms: number }
  /** Ask all stages, and call `asked`. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'fault', readonly stage: number, readonly why: string }
  /** The stage may be slow only; its standby takes over. Nobody is blamed. */
  | { readonly kind: 'hedge', readonly stage: number }
  /** All others are silent at once: it is this node's own network, nobody is blamed. */
  | { readonly kind: 'network' }

export interface RingWatch {
  /** A beat of a stage. */
  beat (stage: number, lap: number, state: StageState, nowMs: number): void
  /** A token or a score came. */
  progress (nowMs: number): void
  asked (nowMs: number): void
  /** This process stood still: what others said meanwhile may not be read yet. */
  stalled (nowMs: number): void
  next (nowMs: number): Verdict
}

export interface WatchInit {
  /** Stages in this process: they are never cut off. */
  readonly local?: ReadonlySet<number>
  hasStandby? (stage: number): boolean
}

export function ringWatch (stages: number, startMs: number, { local = new Set(), hasStandby = () => false }: WatchInit = {}): RingWatch {
  const remote = stages - local.size
  const laps = new Array<number>(stages).fill(0)
  const states = new Array<StageState>(stages).fill('waiting')
  let silent = new Set<number>()
  let askedMs: number | undefined
  let quietMs = startMs
  let movedMs = startMs
  let progressMs = startMs
  /** Moving average of the laps; unknown before the second token, which is the first that took one lap. */
  let lapMs: number | undefined
  let tokenMs: number | undefined

  function stuck (nowMs: number): Verdict | undefined {
    if (nowMs - progressMs > LIMIT_MS) {
      const busiest = states.findIndex((state) => state !== 'sent' && state !== 'waiting')
      return { kind: 'fault', stage: Math.max(0, busiest), why: `has kept the ring for ${LIMIT_MS / 1000} s without a result` }
    }
    const working = states.findIndex((state) => state === 'computing' || state === 'queued')
    if (working >= 0) {
      return nowMs - movedMs < WORK_MS ? undefined : { kind: 'fault', stage: working, why: `has worked on one lap for ${WORK_MS / 1000} s` }
    }
    if (nowMs - movedMs < STALL_MS) return undefined
    const newest = Math.max(...laps)
    const behind = laps.findIndex((lap) => lap < newest)
    const last = (behind < 0 ? stages : behind) - 1
    return { kind: 'fault', stage: Math.max(0, last), why: `says that it has sent on what the next stage has not had for ${STALL_MS / 1000} s` }
  }

  return {
    beat (stage, lap, state, nowMs) {
      silent.delete(stage)
      // laps only grow: a stage that jumps about moves nothing
      if (lap > (laps[stage] ?? 0) || (states[stage] !== state && nowMs - progressMs < WORK_MS)) movedMs = nowMs
      laps[stage] = Math.max(lap, laps[stage] ?? 0)
      states[stage] = state
    },

    progress (nowMs) {
      movedMs = progressMs = nowMs
      if (tokenMs !== undefined) lapMs = lapMs === undefined ? nowMs - tokenMs : lapMs + (nowMs - tokenMs - lapMs) * NEWEST
      tokenMs = nowMs
      // A lap passes every stage; an answer that is still owed stays owed.
      if (askedMs === undefined) quietMs = nowMs
    },

    stalled (nowMs) {
      if (askedMs !== undefined) askedMs = nowMs
    },

    asked (nowMs) {
      askedMs = nowMs
      silent = new Set(laps.keys())
    },

    next (nowMs) {
      if (askedMs !== undefined) {
        const waited = nowMs - askedMs
        if (silent.size > 0 && waited < ANSWER_MS) {
          const spared = silent.size < remote || remote === 1 ? [...silent].find((stage) => hasStandby(stage)) : undefined
          if (spared === undefined) return { kind: 'wait', ms: ANSWER_MS - waited }
          return waited < HEDGE_MS ? { kind: 'wait', ms: HEDGE_MS - waited } : { kind: 'hedge', stage: spared }
        }
        if (remote > 1 && silent.size === remote && ![...silent].some((stage) => local.has(stage))) return { kind: 'network' }
        const [first] = [...silent].sort((a, b) => a - b)
        if (first !== undefined) return { kind: 'fault', stage: first, why: `has said nothing for ${ANSWER_MS} ms after being asked` }
        quietMs = askedMs
        askedMs = undefined
        const verdict = stuck(nowMs)
        if (verdict !== undefined) return verdict
      }
      const left = quietMs + (lapMs === undefined ? QUIET_MS : Math.min(QUIET_MS, QUIET_LAPS * lapMs + QUIET_MORE_MS)) - nowMs
      return left <= 0 ? { kind: 'ask' } : { kind: 'wait', ms: left }
    }
  }
}
