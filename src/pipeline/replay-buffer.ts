import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Spill, SpilledBlock } from './spill.ts'

/** Payloads that a sender has sent, by position. They are kept as they were sent, to be sent again under new headers. */
export interface ReplayEntry {
  readonly position: number
  readonly rows: number
  readonly payload: Uint8Array
}

export interface ReplayBuffer {
  /** Positions `[from, to)` that can be replayed; from = to where nothing can. */
  readonly covers: { readonly from: number, readonly to: number }
  /** In memory. */
  readonly bytes: number
  /** What lay at or behind the position is forgotten: it was taken back. */
  add (entry: ReplayEntry): void
  /** Begins with the entry that holds `from`, as soon as there is one, and goes on with what is added later. */
  since (from: number): ReplayCursor
  /** Gives its bytes back to the pool. */
  clear (): void
}

export interface ReplayCursor {
  /** The next entries in order; none where it has come to the end, or is lost. A promise only where they are on disk. One call at a time. */
  next (most?: number): readonly ReplayEntry[] | Promise<readonly ReplayEntry[]>
  /** Entries that it has not come to. */
  readonly left: number
  /** What it was to give next is forgotten. */
  readonly lost: boolean
}

/** Bytes that all sessions of a node share. */
export interface ReplayPool {
  /** In memory. */
  readonly usedBytes: number
  buffer (): ReplayBuffer
}

/** Of memory. */
export interface ReplayLimits {
  readonly bytesPerSession: number
  readonly bytes: number
}

/** Written and read at once: large enough for a disk, small enough to wait in memory for a link. */
const BLOCK_BYTES = 256 * 1024
/** Of a limit, from where on entries are written out: the rest is for those that come while the disk takes its time. */
const SPILL_SHARE = 0.5

interface Kept {
  /** In order of adding. */
  readonly seq: number
  readonly position: number
  readonly rows: number
  readonly size: number
  /** The payload, or where it lies. */
  held: Uint8Array | { readonly block: Block, readonly at: number }
  live: boolean
}

interface Block {
  readonly spilled: SpilledBlock
  /** Entries that still need it. */
  live: number
}

/** A buffer as the pool sees it. */
interface Holder {
  readonly bytes: number
  /** The oldest entries in memory that fill a block. */
  oldest (): readonly Kept[]
  placed (batch: readonly Kept[], spilled: SpilledBlock): void
  /** False where it has none on disk. */
  forgetOldestBlock (): boolean
  /** With all that is older. */
  forgetBatch (batch: readonly Kept[]): void
}

/** Entries stand in such an order that those for which `is` holds come last. */
function firstWhere (entries: readonly Kept[], is: (entry: Kept) => boolean): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = entries[middle]
    if (entry !== undefined && is(entry)) high = middle
    else low = middle + 1
  }
  return low
}

const isInMemory = ({ held }: Kept): boolean => held instanceof Uint8Array
const isOf = ({ held }: Kept, block: Block): boolean => !(held instanceof Uint8Array) && held.block === block

/**
 * A buffer over its limit forgets its oldest entries. One that can't get bytes from the pool forgets its own, never another's. With a
 * spill the oldest entries of the largest buffers are written out before it comes to that, and forgotten where it is full or fails.
 */
export function replayPool ({ bytesPerSession, bytes }: ReplayLimits, spill?: Spill): ReplayPool {
  let usedBytes = 0
  let isWriting = false
  const holders = new Set<Holder>()

  /** The one with most in memory, where that is too much. */
  function fullest (): Holder | undefined {
    let most: Holder | undefined
    for (const each of holders) if (each.bytes > (most?.bytes ?? 0)) most = each
    return most !== undefined && (most.bytes > bytesPerSession * SPILL_SHARE || usedBytes > bytes * SPILL_SHARE) ? most : undefined
  }

  /** One block of the node at a time, and none before the frame that made it necessary is sent. */
  async function relieve (to: Spill): Promise<void> {
    isWriting = true
    await nextTurn()
    for (let from = fullest(); from !== undefined; from = fullest()) await writeOut(from, to)
    isWriting = false
  }

  async function writeOut (from: Holder, to: Spill): Promise<void> {
    const batch = from.oldest()
    const joined = new Uint8Array(batch.reduce((sum, { size }) => sum + size, 0))
    let at = 0
    for (const { held, size } of batch) {
      if (held instanceof Uint8Array) joined.set(held, at)
      at += size
    }
    while (batch.some(({ live }) => live)) {
      const written = await to.write(joined)
      if (written === 'failed' || (written === 'full' && !from.forgetOldestBlock())) {
        from.forgetBatch(batch)
      } else if (written !== 'full') {
        from.placed(batch, written)
        return
      }
    }
  }

  function buffer (): ReplayBuffer {
    const entries: Kept[] = []
    let own = 0
    let added = 0
    /** Entries up to this one are forgotten, but for those that were taken back before. */
    let forgotten = -1

    /** Lets go of entries that are not among the others any more. */
    const drop = (gone: readonly Kept[]): void => {
      for (const entry of gone) {
        entry.live = false
        if (entry.held instanceof Uint8Array) {
          own -= entry.size
          usedBytes -= entry.size
        } else if (--entry.held.block.live === 0) {
          entry.held.block.spilled.free()
        }
      }
    }
    const forget = (count: number): void => {
      forgotten = entries[count - 1]?.seq ?? forgotten
      drop(entries.splice(0, count))
    }

    const holder: Holder = {
      get bytes () { return own },

      oldest () {
        const from = firstWhere(entries, isInMemory)
        let to = from
        for (let size = 0; to < entries.length && (to === from || size + (entries[to]?.size ?? 0) <= BLOCK_BYTES); to++) size += entries[to]?.size ?? 0
        return entries.slice(from, to)
      },

      placed (batch, spilled) {
        const block: Block = { spilled, live: 0 }
        let at = 0
        for (const entry of batch) {
          if (entry.live) {
            entry.held = { block, at }
            block.live++
            own -= entry.size
            usedBytes -= entry.size
          }
          at += entry.size
        }
        if (block.live === 0) spilled.free()
      },

      forgetOldestBlock () {
        const oldest = entries[0]?.held
        if (oldest === undefined || oldest instanceof Uint8Array) return false
        forgetBlock(oldest.block)
        return true
      },

      forgetBatch (batch) {
        const last = batch.findLast(({ live }) => live)
        if (last !== undefined) forget(entries.indexOf(last) + 1)
      }
    }

    /** With all that is older. */
    function forgetBlock (block: Block): void {
      forget(entries.findLastIndex((entry) => isOf(entry, block)) + 1)
    }

    function since (from: number): ReplayCursor {
      let begun = false
      let seq = -1
      let read: { readonly block: Block, readonly bytes: Uint8Array } | undefined
      const isLost = (): boolean => begun && forgotten > seq
      const place = (): number => {
        if (isLost()) return entries.length
        if (begun) return firstWhere(entries, (entry) => entry.seq > seq)
        const first = entries.findIndex(({ position, rows }) => position <= from && from < position + rows)
        return first < 0 ? entries.length : first
      }
      const take = (first: number, most: number, payloadOf: (entry: Kept) => Uint8Array | undefined): ReplayEntry[] => {
        const taken: ReplayEntry[] = []
        for (let index = first; taken.length < most; index++) {
          const entry = entries[index]
          const payload = entry === undefined ? undefined : payloadOf(entry)
          if (entry === undefined || payload === undefined) break
          taken.push({ position: entry.position, rows: entry.rows, payload })
          begun = true
          seq = entry.seq
        }
        return taken
      }

      async function fromDisk (block: Block, most: number): Promise<readonly ReplayEntry[]> {
        const bytes = read?.block === block ? read.bytes : await block.spilled.read()
        if (bytes === undefined && block.live > 0) {
          // lost also where nothing was given yet: it would look for another entry to begin with
          begun = true
          forgetBlock(block)
          return []
        }
        if (bytes === undefined) return await next(most)
        read = { block, bytes }
        const index = place()
        const first = entries[index]
        // meanwhile it may have been forgotten or taken back
        if (first === undefined || !isOf(first, block)) return await next(most)
        return take(index, most, ({ held, size }) => !(held instanceof Uint8Array) && held.block === block ? bytes.subarray(held.at, held.at + size) : undefined)
      }

      function next (most = Infinity): readonly ReplayEntry[] | Promise<readonly ReplayEntry[]> {
        const index = place()
        const held = entries[index]?.held
        return held === undefined || held instanceof Uint8Array
          ? take(index, most, (entry) => entry.held instanceof Uint8Array ? entry.held : undefined)
          : fromDisk(held.block, most)
      }

      return {
        next,
        get left () { return entries.length - place() },
        get lost () { return isLost() }
      }
    }

    return {
      get covers () {
        const last = entries.at(-1)
        return last === undefined ? { from: 0, to: 0 } : { from: entries[0]?.position ?? 0, to: last.position + last.rows }
      },
      get bytes () { return own },

      add ({ position, rows, payload }) {
        const keep = entries.findLastIndex((entry) => entry.position < position) + 1
        drop(entries.splice(keep))
        // An entry that reaches beyond the rewind stays: replayed in order, its surplus rows are taken back again.
        const before = entries.at(-1)
        if (before !== undefined && before.position + before.rows < position) forget(entries.length)
        const size = payload.byteLength
        let oldest = 0
        for (let freed = 0; oldest < entries.length && (own - freed + size > bytesPerSession || usedBytes - freed + size > bytes); oldest++) {
          const entry = entries[oldest]
          freed += entry !== undefined && isInMemory(entry) ? entry.size : 0
        }
        if (oldest > 0) forget(oldest)
        if (own + size > bytesPerSession || usedBytes + size > bytes) return
        entries.push({ seq: added++, position, rows, size, held: payload, live: true })
        own += size
        usedBytes += size
        if (spill === undefined) return
        holders.add(holder)
        if (!isWriting && (own > bytesPerSession * SPILL_SHARE || usedBytes > bytes * SPILL_SHARE)) void relieve(spill)
      },

      since,

      clear () {
        forget(entries.length)
        holders.delete(holder)
      }
    }
  }

  return { get usedBytes () { return usedBytes }, buffer }
}
