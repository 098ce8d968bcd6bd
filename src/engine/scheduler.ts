import { setImmediate as nextTurn } from 'node:timers/promises'
import { groups, type Group, type GroupLimits, type Placed } from './groups.ts'
import { pace } from './pace.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Rows of one session that are to run. */
export interface Work<S> {
  readonly slot: Placed<S>
  readonly rows: number
  /** Spans that the session's rows pass one after another, this one among them. */
  readonly turns: number
  /** One of many rows that lie between somebody and their next token. */
  readonly catchesUp?: boolean
  /** Of what is bound to the graph: only works of one variant run together. */
  readonly variant: number
}

export interface Executor<S, W extends Work<S>> {
  /** Runs one row of each member at once. */
  decode (works: readonly W[], group: Pick<Group<S, Placed<S>>, 'slab' | 'first' | 'count'>, signal: AbortSignal | undefined): Promise<void>
  /** Runs rows `[first, end)` of a prompt. */
  prefill (work: W, first: number, end: number, signal: AbortSignal | undefined): Promise<void>
}

export interface SchedulerInit<S> extends GroupLimits<S> {
  /** Rows that one run takes. */
  readonly maxRows: number
  now? (): number
}

export interface Scheduler<W> {
  /** Resolves when the work is done. @throws what its run threw, or the signal's reason: work that waits is given up, a run that it has for itself is stopped. */
  run (work: W, options?: AbortOptions): Promise<void>
  /** Resolves when the run in flight, if any, has ended. */
  idle (): Promise<void>
  /** Refuses what waits and resolves when nothing runs any more. */
  close (reason: Error): Promise<void>
}

/** What a round may wait for sessions that belong to it. */
const MAX_GATHER_MS = 1
/** … and as a share of what a round takes. */
const GATHER_SHARE = 0.1
/**
 * Rounds of those alone who catch up, for one of all. A session that lost a node has its answer computed anew, row by row, and says nothing
 * meanwhile, while the others wait for one row each: in turn with all, 270 rows took 12 s on a busy machine (2026-11-27).
 */
const CATCH_UP_ROUNDS = 4

interface Pending<W> {
  readonly work: W
  readonly signal: AbortSignal | undefined
  done: number
  settle (error?: unknown): void
}

/**
 * Decides what a span runs next. Single rows that wait run together; between two such rounds chunks of prompts run, as
 * long as leaves the sessions that decode their pace.
 */
export function scheduler<S, W extends Work<S>> (executor: Executor<S, W>, init: SchedulerInit<S>): Scheduler<W> {
  const { maxRows, now = () => performance.now() } = init
  const singles = new Set<Pending<W>>()
  const prompts: Array<Pending<W>> = []
  const measured = pace()
  /** Who decodes, and when last. */
  const decoding = new Map<Placed<S>, number>()
  let running = Promise.resolve()
  let inFlight: Promise<void> = Promise.resolve()
  let busy = false
  /** Rounds since the last one of all, and how many sessions were in the last one. */
  let catchUpRounds = 0
  let caughtUp = 0
  let closed: Error | undefined

  async function loop (): Promise<void> {
    while (singles.size + prompts.length > 0) {
      await gather()
      const behind = catchUpRounds < CATCH_UP_ROUNDS ? whoCatchesUp() : []
      if (behind.length > 0) {
        catchUpRounds++
        await decodeRound(behind, behind.length)
        caughtUp = behind.length
        continue
      }
      catchUpRounds = caughtUp = 0
      await decodeRound([...singles], roundSize())
      await promptTurn()
    }
    busy = false
  }

  /** The sessions of a round send their next rows one after another: waiting a moment for them keeps them together. */
  async function gather (): Promise<void> {
    // real time, whatever clock runs are measured by: nothing else passes while it waits
    const until = performance.now() + Math.min(MAX_GATHER_MS, GATHER_SHARE * measured.decodeMs)
    do {
      // the next rows of those who catch up are here already, and come as soon as they may
      if (caughtUp > 0 ? whoCatchesUp().length >= caughtUp : singles.size >= roundSize()) {
        return
      }
      await nextTurn()
    } while (performance.now() < until && (prompts.length === 0 || caughtUp > 0))
  }

  function whoCatchesUp (): Array<Pending<W>> {
    return [...singles].filter(({ work }) => work.catchesUp === true)
  }

  /** Sessions that one round takes: in a ring of several stages each stage has its share of them, so that none stands idle. */
  function roundSize (): number {
    let turns = 1
    let sessions = decodingNow()
    for (const { work } of singles) {
      turns = Math.max(turns, work.turns)
      sessions += decoding.has(work.slot) ? 0 : 1
    }
    return Math.ceil(sessions / turns)
  }

  function decodingNow (): number {
    const since = now() - measured.decodingMs
    for (const [slot, atMs] of decoding) {
      if (atMs < since) {
        decoding.delete(slot)
      }
    }
    return decoding.size
  }

  async function decodeRound (waiting: ReadonlyArray<Pending<W>>, size: number): Promise<void> {
    const [first] = waiting
    const round = neighbours(waiting.filter(({ work }) => work.variant === first?.work.variant), size)
    if (round.length === 0) {
      return
    }
    const started = now()
    const members = round.map((pending) => ({ slab: pending.work.slot.slab, place: pending.work.slot.place, pending }))
    for (const { work: { slot } } of round) {
      const before = decoding.get(slot)
      decoding.set(slot, started)
      if (before !== undefined) {
        measured.lapped(started - before)
      }
    }
    for (const group of groups(members, init)) {
      const pendings = group.members.map(({ pending }) => pending)
      pendings.forEach((pending) => singles.delete(pending))
      const alone = pendings.length === 1 ? pendings[0]?.signal : undefined
      await settled(pendings, executor.decode(pendings.map(({ work }) => work), group, alone))
    }
    measured.decoded(now() - started)
  }

  /** Chunks of one prompt after another, for what they may take together. */
  async function promptTurn (): Promise<void> {
    const endsMs = now() + measured.turnMs(prompts.length, decodingNow())
    do {
      const pending = prompts.shift()
      if (pending === undefined) {
        return
      }
      await promptChunk(pending, endsMs - now())
    } while (endsMs < Infinity && measured.fits(endsMs - now()))
  }

  async function promptChunk (pending: Pending<W>, ms: number): Promise<void> {
    const { work, signal, done } = pending
    const started = now()
    const rows = measured.chunk(work.rows - done, maxRows, ms)
    const run = executor.prefill(work, done, done + rows, signal)
    if (done + rows === work.rows) {
      await settled([pending], run)
    } else {
      inFlight = ended(run)
      try {
        await run
        signal?.throwIfAborted()
        if (closed !== undefined) {
          throw closed
        }
        pending.done += rows
        prompts.push(pending)
      } catch (error) {
        pending.settle(error)
      }
    }
    measured.prefilled(rows, now() - started)
  }

  async function settled (pendings: ReadonlyArray<Pending<W>>, run: Promise<void>): Promise<void> {
    inFlight = ended(run)
    try {
      await run
      pendings.forEach((pending) => { pending.settle() })
    } catch (error) {
      pendings.forEach((pending) => { pending.settle(error) })
    }
  }

  const withdraw = (pending: Pending<W>, reason: unknown): void => {
    const at = prompts.indexOf(pending)
    if (singles.delete(pending) || (at >= 0 && prompts.splice(at, 1).length > 0)) {
      pending.settle(reason)
    }
  }

  return {
    run: async (work, options = {}) => {
      const signal = options.signal ?? undefined
      signal?.throwIfAborted()
      if (closed !== undefined) {
        throw closed
      }
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => { withdraw(pending, signal?.reason) }
        const pending: Pending<W> = {
          work,
          signal,
          done: 0,
          settle (error) {
            signal?.removeEventListener('abort', abort)
            if (error === undefined) {
              resolve()
            } else {
              reject(error instanceof Error ? error : new Error('the run failed', { cause: error }))
            }
          }
        }
        signal?.addEventListener('abort', abort)
        if (work.rows === 1) {
          singles.add(pending)
        } else {
          prompts.push(pending)
        }
        if (!busy) {
          busy = true
          running = loop()
        }
      })
    },

    idle: async () => inFlight,

    close: async (reason) => {
      closed = reason
      for (const pending of [...singles, ...prompts]) {
        withdraw(pending, reason)
      }
      await running
    }
  }
}

/** Of those who wait the first and the nearest to it, so that a run reaches over as few others as can be. */
function neighbours<S, W extends Work<S>> (waiting: ReadonlyArray<Pending<W>>, size: number): ReadonlyArray<Pending<W>> {
  const [first] = waiting
  if (first === undefined || waiting.length <= size) {
    return waiting
  }
  const { slab, place } = first.work.slot
  const distance = ({ work: { slot } }: Pending<W>): number => slot.slab === slab ? Math.abs(slot.place - place) : Infinity
  return [...waiting].sort((a, b) => distance(a) - distance(b)).slice(0, size)
}

const ended = async (run: Promise<void>): Promise<void> => { await Promise.allSettled([run]) }
