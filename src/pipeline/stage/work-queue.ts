import { MalformedError } from '../errors.ts'
import type { Job } from './job.ts'

/** Frames waiting for their turn: over the first mark the senders are held back, over the second one of them ignores that. */
const PAUSE_BYTES = 8 * 1024 * 1024
const MAX_QUEUED_BYTES = 64 * 1024 * 1024
/** What a job takes besides its payload: its objects and the frame round it (510 bytes were measured on Node 20, 2026-11-26). */
const JOB_BYTES = 512

export interface WorkQueueEvents {
  /** Does one job; what it throws goes to `failed`. */
  run (job: Job): Promise<void>
  failed (error: unknown, job: Job): void
  /** Senders are to wait, or not any more. */
  hold (wanted: boolean): void
}

/** Jobs of one session, done one after another while the gate is open. */
export interface WorkQueue {
  /** @throws {MalformedError} where more wait than a session may have waiting */
  push (job: Job): void
  /** Begins with what waits. */
  open (): void
  /** Forgets what waits and begins nothing more, until it is opened again. */
  shut (): void
  /** Resolves when no job is under way. */
  rest (): Promise<void>
  readonly state: 'idle' | 'queued' | 'computing'
}

const costOf = ({ payload }: Job): number => JOB_BYTES + payload.byteLength

export function workQueue (events: WorkQueueEvents): WorkQueue {
  let jobs: Job[] = []
  let bytes = 0
  let isOpen = false
  let paused = false
  let busy = false
  const resting: Array<() => void> = []

  function pauseIf (wanted: boolean): void {
    if (paused === wanted) return
    paused = wanted
    events.hold(wanted)
  }

  async function pump (): Promise<void> {
    busy = true
    for (let job = next(); job !== undefined; job = next()) {
      try {
        await events.run(job)
      } catch (error) {
        events.failed(error, job)
      }
      bytes = Math.max(0, bytes - costOf(job))
      if (bytes < PAUSE_BYTES) pauseIf(false)
    }
    busy = false
    resting.splice(0).forEach((resolve) => { resolve() })
  }

  const next = (): Job | undefined => isOpen ? jobs.shift() : undefined

  return {
    push (job) {
      if (bytes + costOf(job) > MAX_QUEUED_BYTES) throw new MalformedError('more frames than a session may have waiting')
      jobs.push(job)
      bytes += costOf(job)
      if (bytes > PAUSE_BYTES) pauseIf(true)
      if (isOpen && !busy) void pump()
    },

    open () {
      isOpen = true
      if (!busy) void pump()
    },

    shut () {
      isOpen = false
      jobs = []
      bytes = 0
      pauseIf(false)
    },

    async rest () {
      if (busy) await new Promise<void>((resolve) => { resting.push(resolve) })
    },

    get state () { return busy ? 'computing' : jobs.length > 0 ? 'queued' : 'idle' }
  }
}
