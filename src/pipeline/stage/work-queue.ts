import { MalformedError } from '../errors.ts'
import type { Clock } from '../../p2p/index.ts'
import { keptJob, type Job } from './job.ts'

/** Frames waiting for their turn: over the first mark the senders are held back, over the second one of them ignores that. */
const PAUSE_BYTES = 8 * 1024 * 1024
const MAX_QUEUED_BYTES = 64 * 1024 * 1024
/** What a job takes besides its input: its objects and the frame round it (510 bytes were measured on Node 20, 2026-11-26). */
const JOB_BYTES = 512

export interface WorkQueueEvents {
  /** Does one job, which came at `sinceMs`; what it throws goes to `failed`. */
  run (job: Job, sinceMs: number): Promise<void>
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

/** A list and no array: taking the first of a hundred thousand would move all others. */
interface Waiting {
  readonly job: Job
  readonly sinceMs: number
  next: Waiting | undefined
}

const costOf = ({ input }: Job): number => JOB_BYTES + input.byteLength

export function workQueue (clock: Pick<Clock, 'now'>, events: WorkQueueEvents): WorkQueue {
  let first: Waiting | undefined
  let last: Waiting | undefined
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
    for (let taken = next(); taken !== undefined; taken = next()) {
      const { job, sinceMs } = taken
      try {
        await events.run(job, sinceMs)
      } catch (error) {
        events.failed(error, job)
      }
      bytes = Math.max(0, bytes - costOf(job))
      if (bytes < PAUSE_BYTES) pauseIf(false)
    }
    busy = false
    resting.splice(0).forEach((resolve) => { resolve() })
  }

  function next (): Waiting | undefined {
    if (!isOpen) return undefined
    const taken = first
    first = taken?.next
    if (first === undefined) last = undefined
    return taken
  }

  return {
    push (job) {
      if (bytes + costOf(job) > MAX_QUEUED_BYTES) throw new MalformedError('more frames than a session may have waiting')
      // what is done at once is read where it lies
      const waiting: Waiting = { job: isOpen && !busy ? job : keptJob(job), sinceMs: clock.now(), next: undefined }
      if (first === undefined || last === undefined) first = waiting
      else last.next = waiting
      last = waiting
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
      first = last = undefined
      bytes = 0
      pauseIf(false)
    },

    async rest () {
      if (busy) await new Promise<void>((resolve) => { resting.push(resolve) })
    },

    get state () { return busy ? 'computing' : first !== undefined ? 'queued' : 'idle' }
  }
}
