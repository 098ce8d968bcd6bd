import type { Slot, SpanRunner } from '../../engine/index.ts'

/** A prompt whose KV is there: at work in a session, or parked. */
export interface PrefixEntry {
  readonly keys: readonly string[]
  readonly slot: Slot
}

export interface PrefixMatch {
  readonly entry: PrefixEntry
  /** Leading blocks that are the same. */
  readonly blocks: number
  /** Whether its session has ended and nothing behind those blocks would be lost: the slot itself may go on. */
  readonly whole: boolean
}

/** Which prompts a span holds KV of, by coordinator: nobody sees what another one's prompts left. */
export interface PrefixCache {
  /** The longest beginning that is there. */
  find (coordinator: string, keys: readonly string[]): PrefixMatch | undefined
  /** The prompt's KV is complete in a slot at work. @returns the way to forget it */
  add (coordinator: string, keys: readonly string[], slot: Slot): PrefixEntry
  /** The session has ended: the entry stays until its memory is needed. */
  park (entry: PrefixEntry): void
  remove (entry: PrefixEntry): void
}

interface Kept extends PrefixEntry {
  readonly names: readonly string[]
  parked: boolean
}

export function prefixCache (): PrefixCache {
  /** By coordinator and key of each block. */
  const byBlock = new Map<string, Set<Kept>>()
  const kept = new Map<PrefixEntry, Kept>()

  const remove = (entry: PrefixEntry): void => {
    const known = kept.get(entry)
    kept.delete(entry)
    if (known === undefined) return
    for (const name of known.names) {
      const same = byBlock.get(name)
      same?.delete(known)
      if (same?.size === 0) byBlock.delete(name)
    }
  }

  return {
    find (coordinator, keys) {
      for (let blocks = keys.length; blocks > 0; blocks--) {
        const same = [...byBlock.get(`${coordinator}/${keys[blocks - 1] ?? ''}`) ?? []]
        const whole = same.find((each) => each.parked && each.keys.length === blocks)
        const entry = whole ?? same[0]
        if (entry !== undefined) return { entry, blocks, whole: whole !== undefined }
      }
      return undefined
    },

    add (coordinator, keys, slot) {
      const entry: Kept = { keys, slot, names: keys.map((key) => `${coordinator}/${key}`), parked: false }
      kept.set(entry, entry)
      for (const name of entry.names) byBlock.set(name, (byBlock.get(name) ?? new Set<Kept>()).add(entry))
      return entry
    },

    park (entry) {
      const known = kept.get(entry)
      if (known === undefined) return
      known.parked = true
      entry.slot.park(() => { remove(entry) })
    },

    remove
  }
}

/** Caches of the spans that are served here. */
export function prefixCaches (): (runner: SpanRunner) => PrefixCache {
  const caches = new WeakMap<SpanRunner, PrefixCache>()
  return (runner) => {
    const known = caches.get(runner) ?? prefixCache()
    caches.set(runner, known)
    return known
  }
}
