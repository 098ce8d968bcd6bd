/** Rows of a prompt that run at once where nobody waits for a token: more are no faster. */
const MAX_CHUNK = 256
/** A prompt's chunk may take this many times what a decode run takes, while somebody decodes: the gap between two tokens stays below 2.5 times the usual. */
const CHUNK_SHARE = 1.3
/** A session that got a token so long ago counts as decoding. */
export const DECODING_MS = 500
/** Weight of the newest measurement. */
const NEWEST = 0.2

/** Measures runs, and says from it how many rows of a prompt may run before the next token is due. */
export interface Pace {
  /** What a round of decoding takes. 0: none was measured. */
  readonly decodeMs: number
  /** One row each of some sessions took so long. */
  decoded (ms: number, nowMs: number): void
  prefilled (rows: number, ms: number): void
  /** Rows of a prompt of which `left` are to do, at least 2 unless there is only one. Never leaves one alone. */
  chunk (left: number, most: number, nowMs: number): number
}

export function pace (): Pace {
  let decodeMs = 0
  let rowMs = 0
  let decodedAtMs = -Infinity
  const blend = (old: number, measured: number): number => old === 0 ? measured : old + (measured - old) * NEWEST

  return {
    get decodeMs () { return decodeMs },

    decoded (ms, nowMs) {
      decodeMs = blend(decodeMs, ms)
      decodedAtMs = nowMs
    },

    prefilled (rows, ms) {
      rowMs = blend(rowMs, ms / rows)
    },

    chunk (left, most, nowMs) {
      const decoding = nowMs - decodedAtMs < DECODING_MS
      // before any row of a prompt was measured it is taken to last as long as a decoded one: longer than it does
      const wanted = decoding ? Math.floor(CHUNK_SHARE * decodeMs / (rowMs || decodeMs)) : MAX_CHUNK
      const limit = Math.max(2, Math.min(most, MAX_CHUNK, wanted))
      if (left <= limit) {
        return left
      }
      // parts of nearly the same size; where two rows are the limit and three are left, they go together
      const even = Math.ceil(left / Math.ceil(left / limit))
      return left - even === 1 ? (even > 2 ? even - 1 : left) : even
    }
  }
}
