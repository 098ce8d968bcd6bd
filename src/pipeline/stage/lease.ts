import { PREFIX_BLOCK } from '../../../protocols/ring/index.ts'
import type { Slot, SpanRunner } from '../../engine/index.ts'
import type { Orphan } from './orphans.ts'
import type { PrefixCache, PrefixEntry } from './prefix-cache.ts'

export interface LeaseInit {
  readonly runner: SpanRunner
  readonly cache: PrefixCache
  readonly coordinator: string
  /** Keys of the prompt's blocks; none: nothing is reused or kept. */
  readonly keys: readonly string[]
  readonly positions: number
}

/** A session's slot, with what an earlier prompt left in it. */
export interface Lease {
  readonly slot: Slot
  /** Brings over what is there already. @returns leading positions that need not be computed */
  prepare (): Promise<number>
  /** The KV of positions below is complete. */
  filled (positions: number): void
  /** Positions from here on are computed anew, from stages that the keys do not name: later sessions can't use those of the prompt. */
  changed (position: number): void
  /** Whether later sessions could use it: the prompt is complete. */
  readonly reusable: boolean
  /** What is here was another coordinator's, and can't be had anew. */
  readonly isTakenOver: boolean
  /** Idempotent. @param keep whether later sessions may use the prompt's KV */
  release (keep: boolean): void
}

/** @throws {NoCapacityError} @throws {ContextLengthError} */
export function lease ({ runner, cache, coordinator, keys, positions }: LeaseInit): Lease {
  const match = keys.length === 0 ? undefined : cache.find(coordinator, keys)
  const cached = (match?.blocks ?? 0) * PREFIX_BLOCK
  const own = match !== undefined && match.whole && match.entry.slot.capacity >= positions && match.entry.slot.resume()
  if (own) cache.remove(match.entry)
  const slot = own ? match.entry.slot : runner.reserve(positions)
  const length = keys.length * PREFIX_BLOCK
  let entry: PrefixEntry | undefined
  let foreign = false
  let over = false

  return {
    slot,

    async prepare () {
      if (match === undefined || own) return cached
      try {
        return await runner.copy(match.entry.slot, slot, cached) ? cached : 0
      } catch {
        // its memory was needed meanwhile
        return 0
      }
    },

    filled (end) {
      if (entry === undefined && !over && !foreign && length > 0 && end >= length) entry = cache.add(coordinator, keys, slot)
    },

    changed (position) {
      if (position >= length) return
      foreign = true
      if (entry !== undefined) cache.remove(entry)
      entry = undefined
    },

    get reusable () { return entry !== undefined },
    isTakenOver: false,

    release (keep) {
      if (over) return
      over = true
      if (entry !== undefined && keep) {
        cache.park(entry)
        return
      }
      if (entry !== undefined) cache.remove(entry)
      slot.release()
    }
  }
}

/** What an orphan left, which is nobody's prompt: it may hold tokens, and come from stages that are gone. */
export function takenOver ({ slot, settled }: Pick<Orphan, 'slot' | 'settled'>): Lease {
  return {
    slot,
    prepare: () => settled,
    filled () { /* no prompt's keys name it */ },
    changed () { /* nor did they before */ },
    reusable: false,
    isTakenOver: true,
    release () { slot.release() }
  }
}
