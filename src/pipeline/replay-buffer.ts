/** Payloads that a sender has sent, by position. They are kept as they were sent, to be sent again under new headers. */
export interface ReplayEntry {
  readonly position: number
  readonly rows: number
  readonly payload: Uint8Array
}

export interface ReplayBuffer {
  /** Positions `[from, to)` that can be replayed; from = to where nothing can. */
  readonly covers: { readonly from: number, readonly to: number }
  readonly bytes: number
  /** What lay at or behind the position is forgotten: it was taken back. */
  add (entry: ReplayEntry): void
  /** In order, starting with the entry that holds `from`; empty where that is not covered. */
  since (from: number): readonly ReplayEntry[]
  /** Gives its bytes back to the pool. */
  clear (): void
}

/** Bytes that all sessions of a node share. */
export interface ReplayPool {
  readonly usedBytes: number
  buffer (): ReplayBuffer
}

export interface ReplayLimits {
  readonly bytesPerSession: number
  readonly bytes: number
}

/** A buffer over its limit forgets its oldest entries. One that can't get bytes from the pool forgets its own, never another's. */
export function replayPool ({ bytesPerSession, bytes }: ReplayLimits): ReplayPool {
  let usedBytes = 0

  function buffer (): ReplayBuffer {
    let entries: ReplayEntry[] = []
    let own = 0
    const forget = (gone: readonly ReplayEntry[]): void => {
      for (const { payload } of gone) {
        own -= payload.byteLength
        usedBytes -= payload.byteLength
      }
    }

    return {
      get covers () {
        const last = entries.at(-1)
        return last === undefined ? { from: 0, to: 0 } : { from: entries[0]?.position ?? 0, to: last.position + last.rows }
      },
      get bytes () { return own },

      add (entry) {
        const keep = entries.findLastIndex(({ position }) => position < entry.position) + 1
        forget(entries.splice(keep))
        // An entry that reaches beyond the rewind stays: replayed in order, its surplus rows are taken back again.
        const before = entries.at(-1)
        if (before !== undefined && before.position + before.rows < entry.position) forget(entries.splice(0))
        const size = entry.payload.byteLength
        let oldest = 0
        for (let freed = 0; oldest < entries.length && (own - freed + size > bytesPerSession || usedBytes - freed + size > bytes); oldest++) {
          freed += entries[oldest]?.payload.byteLength ?? 0
        }
        forget(entries.splice(0, oldest))
        if (own + size > bytesPerSession || usedBytes + size > bytes) return
        entries.push(entry)
        own += size
        usedBytes += size
      },

      since (from) {
        const first = entries.findIndex(({ position, rows }) => position <= from && from < position + rows)
        return first < 0 ? [] : entries.slice(first)
      },

      clear () {
        forget(entries)
        entries = []
      }
    }
  }

  return { get usedBytes () { return usedBytes }, buffer }
}
