/** A line of those who want one of a few places: bounded, first come first served, and each knows how many are before it. */
import { raceSignal } from 'race-signal'
import { HttpError } from './errors.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface QueueInit {
  /** Places at once. */
  readonly atOnce: number
  /** How many may wait for one. */
  readonly waiting: number
  /** How many may be at the beginning of their turn, until it is `taken`. @default all */
  readonly beginning?: number
}

export interface JoinOptions {
  /** Waits though the line is full: one more of what was let in already. @default false */
  readonly beyondBound?: boolean
  /** Goes before those that don't. @default false */
  readonly priority?: boolean
}

export interface Place {
  /** 0: its turn has come. n: the n-th of those that wait. */
  readonly position: number
  /** Resolves when the position is another than `seen`. @throws {HttpError} 503 when the line is closed @throws the signal's reason */
  moved (seen: number, options?: AbortOptions): Promise<void>
  /** What it was let in for has begun. */
  taken (): void
  /** There is no room behind this line: waits again, where it stood, until another leaves or the time is over. */
  again (afterMs: number): void
  /** Gives the place up. Harmless when it was. */
  leave (): void
}

export interface Queue {
  readonly running: number
  readonly waiting: number
  /** A place at once, or one in the line. @throws {HttpError} 429 when the line is full, 503 when it is closed */
  join (options?: JoinOptions): Place
  /** Sends away whoever waits and whoever comes; those that have their turn keep it. */
  close (): void
}

interface Entry {
  readonly ticket: number
  readonly priority: boolean
  readonly sinceMs: number
  /** Let in to see whether there is room by now. */
  probe: boolean
  changed: PromiseWithResolvers<void>
}

/** Between two looks whether there is room, in ms: soon after somebody left, as what they held may be free a little later, then twice as long each time. */
const MIN_AGAIN_MS = 100
const MAX_AGAIN_MS = 2000
/** What one turn takes before any has been seen to end. */
const USUAL_TURN_MS = 2000
const MAX_RETRY_AFTER_S = 60

const closedError = (): HttpError => new HttpError('this node is stopping', { status: 503, code: 'stopping', retryAfterS: 5 })

export function queue ({ atOnce, waiting, beginning = Infinity }: QueueInit): Queue {
  const running = new Set<Entry>()
  /** Of those the ones whose turn is not taken yet. */
  const fresh = new Set<Entry>()
  /** By priority, then by ticket. */
  const line: Entry[] = []
  let tickets = 0
  let closed = false
  let turnMs = USUAL_TURN_MS
  /** Somebody found no room behind this line: until nobody waits any more, one is let in for each that leaves, and one now and then to see. */
  let choked = false
  let passes = 0
  let timer: NodeJS.Timeout | undefined
  let patienceMs = MIN_AGAIN_MS

  const wake = (entries: readonly Entry[]): void => {
    for (const entry of entries) {
      const { resolve } = entry.changed
      entry.changed = Promise.withResolvers()
      resolve()
    }
  }

  function unchoke (): void {
    choked = false
    passes = 0
    clearTimeout(timer)
    timer = undefined
  }

  function admit (): void {
    let came = false
    while (running.size < atOnce && fresh.size < beginning && (!choked || passes > 0)) {
      const next = line.shift()
      if (next === undefined) break
      came = true
      if (choked) passes--
      running.add(next)
      fresh.add(next)
      wake([next])
    }
    if (line.length === 0) unchoke()
    if (came) wake(line)
  }

  /** Lets one in when the time is over, whether or not another has left: the room behind may be shared with others. */
  function look (afterMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined
      patienceMs = Math.min(MAX_AGAIN_MS, 2 * patienceMs)
      const [first] = line
      if (first !== undefined) {
        first.probe = true
        passes = Math.max(1, passes)
        admit()
        if (choked) look(afterMs)
      }
    }, Math.min(patienceMs, afterMs))
  }

  function leave (entry: Entry): void {
    fresh.delete(entry)
    if (running.delete(entry)) {
      turnMs += (performance.now() - entry.sinceMs - turnMs) / 8
      patienceMs = MIN_AGAIN_MS
      if (choked) passes++
    } else {
      const at = line.indexOf(entry)
      if (at < 0) return
      line.splice(at, 1)
      wake(line.slice(at))
    }
    admit()
  }

  function stand (entry: Entry): void {
    const at = line.findIndex(({ priority, ticket }) => priority === entry.priority ? ticket > entry.ticket : entry.priority)
    line.splice(at < 0 ? line.length : at, 0, entry)
  }

  function again (entry: Entry, afterMs: number): void {
    if (!running.delete(entry)) return
    fresh.delete(entry)
    entry.probe = false
    stand(entry)
    choked = true
    wake(line)
    look(afterMs)
  }

  function placeOf (entry: Entry): Place {
    const position = (): number => running.has(entry) ? 0 : line.indexOf(entry) + 1
    return {
      get position () { return position() },
      async moved (seen, { signal } = {}) {
        while (position() === seen) {
          signal?.throwIfAborted()
          if (closed && seen > 0) throw closedError()
          await raceSignal(entry.changed.promise, signal)
        }
      },
      taken () {
        fresh.delete(entry)
        const [first] = line
        if (entry.probe && choked && first !== undefined) {
          // there is more room than there was
          first.probe = true
          passes++
        }
        entry.probe = false
        admit()
      },
      again: (afterMs) => { again(entry, afterMs) },
      leave: () => { leave(entry) }
    }
  }

  return {
    get running () { return running.size },
    get waiting () { return line.length },

    join ({ beyondBound = false, priority = false } = {}) {
      if (closed) throw closedError()
      const hasRoom = running.size < atOnce && fresh.size < beginning && line.length === 0
      if (!hasRoom && !beyondBound && line.length >= waiting) {
        const retryAfterS = Math.min(MAX_RETRY_AFTER_S, Math.max(1, Math.ceil(turnMs * (line.length + 1) / atOnce / 1000)))
        throw new HttpError(`${running.size} answers are at work and ${line.length} requests wait: come back later`, { status: 429, code: 'queue_full', retryAfterS })
      }
      const entry: Entry = { ticket: tickets++, priority, sinceMs: performance.now(), probe: false, changed: Promise.withResolvers() }
      stand(entry)
      admit()
      if (priority) wake(line)
      return placeOf(entry)
    },

    close () {
      closed = true
      clearTimeout(timer)
      wake(line)
    }
  }
}
