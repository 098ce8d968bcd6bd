/**
 * How a node goes, for a while (pause) or for good (stop), without losing anybody's answer: it says so in its record, takes no more
 * sessions, and asks those at work to go on elsewhere. What it coordinates itself it finishes, as long as it is given time.
 */
import { ControlError } from './errors.ts'
import type { NodeStatus } from './control/index.ts'
import type { Gateway } from '../gateway/index.ts'
import type { Coordinator, StageServer } from '../pipeline/index.ts'

export interface DepartureComponents {
  readonly stages: Pick<StageServer, 'leave' | 'stay' | 'drain' | 'sessions'>
  readonly coordinator: Pick<Coordinator, 'drain' | 'stop' | 'sessions'>
  readonly gateway: Pick<Gateway, 'stop'> | undefined
  /** Answers asked here that others coordinate. */
  elsewhere (): number
  /** Aborted when answers are ended because the node stops. */
  readonly ending: AbortController
  /** Tells the swarm, without waiting for it. */
  announce (state: 'online' | 'draining'): void
}

export interface DepartureInit {
  /** How long answers may take when the node stops, unless somebody says otherwise. */
  readonly drainTimeoutMs: number
}

export interface Departure {
  status (changed?: boolean): NodeStatus
  /** Serves no layers to new sessions and hands over those at work; answers here go on, over other nodes. False: it did already. @throws {ControlError} the node stops */
  pause (): boolean
  /** False: there was nothing to resume. @throws {ControlError} the node stops */
  resume (): boolean
  /** Resolves when nothing is at work any more; false: some answers had to be ended. Asked again with a shorter time, it takes that. */
  stop (options?: { readonly drainTimeoutMs?: number | undefined }): Promise<boolean>
  /** Resolves when somebody has asked for a stop. */
  readonly stopping: Promise<unknown>
}

/** What a client is told at the end has to leave the process. */
const LAST_WORDS_MS = 1000

export function departure ({ stages, coordinator, gateway, elsewhere, ending, announce }: DepartureComponents, init: DepartureInit): Departure {
  const stopping = Promise.withResolvers<undefined>()
  let phase: NodeStatus['phase'] = 'serving'
  let { drainTimeoutMs } = init
  let stopped: Promise<boolean> | undefined

  /** An answer that is coordinated here mostly has a session of this node's layers: counted once. */
  const left = (): number => Math.max(stages.sessions, coordinator.sessions) + elsewhere()

  async function goodbye (): Promise<boolean> {
    announce('draining')
    stages.leave()
    const cut = new AbortController()
    const closed = gateway?.stop({ signal: cut.signal }) ?? Promise.resolve()
    const drained = await Promise.allSettled([before(closed, ending.signal), coordinator.drain({ signal: ending.signal }), stages.drain({ signal: ending.signal })])
    if (drained.every(({ status }) => status === 'fulfilled')) return true
    const done = left() === 0
    await coordinator.stop()
    const words = AbortSignal.timeout(LAST_WORDS_MS)
    await Promise.allSettled([before(closed, words), coordinator.drain({ signal: words })])
    cut.abort()
    await closed
    return done
  }

  const whileHere = (): void => { if (phase === 'stopping') throw new ControlError('the node is stopping') }

  return {
    stopping: stopping.promise,

    status: (changed = false) => ({ phase, changed, left: left(), drainTimeoutMs }),

    pause () {
      whileHere()
      if (phase === 'paused') return false
      phase = 'paused'
      announce('draining')
      stages.leave()
      return true
    },

    resume () {
      whileHere()
      if (phase === 'serving') return false
      phase = 'serving'
      stages.stay()
      announce('online')
      return true
    },

    async stop ({ drainTimeoutMs: asked } = {}) {
      if (stopped === undefined || asked !== undefined) {
        drainTimeoutMs = stopped === undefined ? asked ?? drainTimeoutMs : Math.min(asked ?? Infinity, drainTimeoutMs)
        setTimeout(() => { ending.abort(new Error('the drain timeout is over')) }, asked ?? drainTimeoutMs).unref()
      }
      phase = 'stopping'
      stopping.resolve(undefined)
      stopped ??= goodbye()
      return await stopped
    }
  }
}

/** @throws the signal's reason when it aborts first */
async function before (done: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => { aborted.reject(signal.reason as Error) } // `as`: what a caller aborts with is thrown as it is
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([done, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
