/** Notices from two clocks that this process did not run for a while: the machine slept, or the process was stopped. Pure. */
export interface Times {
  /** Since 1970; goes on in a machine's sleep, and may be set. */
  readonly wallMs: number
  /** Never set; in a machine's sleep some systems' stands still. */
  readonly monotonicMs: number
}

export interface AbsenceWatch {
  /** To be called at even intervals. How long nothing ran since the last call, or the wall clock was set by; 0 for neither. */
  look (times: Times): number
}

export interface AbsenceInit {
  /** The interval. */
  readonly everyMs: number
  /** Later than this counts: a busy machine's timers are late too. */
  readonly lateMs: number
}

export function absenceWatch ({ everyMs, lateMs }: AbsenceInit): AbsenceWatch {
  let last: Times | undefined
  return {
    look (times) {
      const before = last
      last = times
      if (before === undefined) return 0
      const wallMs = times.wallMs - before.wallMs
      const monotonicMs = times.monotonicMs - before.monotonicMs
      const absentMs = Math.max(monotonicMs - everyMs, Math.abs(wallMs - monotonicMs))
      return absentMs > lateMs ? absentMs : 0
    }
  }
}
