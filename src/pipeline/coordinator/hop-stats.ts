import { RingType, STATS_MS, Stats, type Work } from '../../../protocols/ring/index.ts'
import { encodeFrame, parse } from '../frames.ts'
import type { Clock } from '../../p2p/index.ts'
import type { HopTiming, HopWork } from '../types.ts'

/** What one stage measured. */
export type StageWork = Omit<HopTiming, 'peerId' | 'span'>

export interface HopStatsInit {
  readonly stages: number
  readonly clock: Clock
  /** When the session began: no stage can have worked longer. */
  readonly sinceMs: number
}

/** Asks the stages of an epoch what they measured. */
export interface HopStats {
  /** The stage says that it answers. */
  able (index: number): void
  /** A STATS frame. What can't be is taken for nothing: it is no reason to end an answer. */
  heard (index: number, payload: Uint8Array): void
  /** One entry a stage; undefined for those that did not answer in time, or can't. Never rejects. */
  ask (epoch: number, tell: (index: number, frame: Uint8Array) => void): Promise<ReadonlyArray<StageWork | undefined>>
  /** Nobody answers any more. */
  end (): void
}

/** Clocks of two machines may run so differently. */
const CLOCK_SHARE = 1.01
const CLOCK_MS = 1000

export function hopStats ({ stages, clock, sinceMs }: HopStatsInit): HopStats {
  const told: Array<StageWork | undefined> = Array.from({ length: stages }, () => undefined)
  const owing = new Set<number>()
  const able = new Set<number>()
  let over = false
  let settle = (): void => { /* nobody asked */ }

  return {
    able (index) { able.add(index) },

    heard (index, payload) {
      if (!owing.delete(index)) return
      told[index] = soundWork(payload, (clock.now() - sinceMs) * CLOCK_SHARE + CLOCK_MS)
      if (owing.size === 0) settle()
    },

    async ask (epoch, tell) {
      for (const index of able) owing.add(index)
      if (over || owing.size === 0) return told
      const answered = new Promise<void>((resolve) => { settle = resolve })
      const stop = clock.after(STATS_MS, () => { settle() })
      for (const index of able) tell(index, encodeFrame({ type: RingType.stats, epoch }))
      await answered
      stop()
      return told
    },

    end () {
      over = true
      settle()
    }
  }
}

/** Numbers that a stage of a session that is `elapsedMs` old can have measured; undefined where they can't be true. */
export function soundWork (payload: Uint8Array, elapsedMs: number): StageWork | undefined {
  let stats: Stats
  try {
    stats = parse(Stats.decode, payload, 'the stats')
  } catch {
    return undefined
  }
  const all = workOf(stats.all, elapsedMs)
  const prefill = workOf(stats.prefill, elapsedMs)
  if (all === undefined) return undefined
  const isPart = prefill !== undefined && (Object.keys(all) as Array<keyof HopWork>).every((key) => prefill[key] <= all[key] * CLOCK_SHARE)
  return isPart && prefill.laps > 0 ? { ...all, prefill } : all
}

function workOf (work: Work | undefined, elapsedMs: number): HopWork | undefined {
  if (work === undefined) return undefined
  const { laps, rows, queueMs, computeMs, sendMs } = work
  const bytesSent = Number(work.bytesSent)
  const isTime = (ms: number, mostMs: number): boolean => ms >= 0 && ms <= mostMs
  // frames of a session run one after another, and wait beside one another
  const isSound = rows >= laps && isTime(computeMs + sendMs, elapsedMs) && isTime(computeMs, elapsedMs) && isTime(sendMs, elapsedMs) &&
    isTime(queueMs, elapsedMs * Math.max(1, laps)) && Number.isSafeInteger(bytesSent)
  return isSound ? { laps, rows, queueMs, computeMs, sendMs, bytesSent } : undefined
}
