/** Rows of a prompt that run at once where nobody waits for a token: more are no faster. */
const MAX_CHUNK = 256
/**
 * What chunks of prompts may take between two rounds of those who decode, in times of what a round takes: for one prompt
 * so much that the gap between two tokens stays below 2.5 times the usual, and however many wait never so much that it
 * comes near 6 times.
 */
const LEAST_SHARE = 1.3
const MOST_SHARE = 3
/** A session that got a token so long ago counts as decoding, … */
const DECODING_MS = 500
/** … or so many times what passes between two tokens: a lap of a long ring takes longer. */
const DECODING_LAPS = 2
/** Weight of the newest measurement. */
const NEWEST = 0.2
/** Of what a run takes at least so much is its rows': measurements of a few rows, one of them slow by chance, must not let a chunk of hundreds run. */
const LEAST_ROW_SHARE = 0.4

/**
 * Attention takes rows in blocks of 32 on a CPU, and a row that is alone in its block by another kernel, which gives other
 * last bits: a prompt would depend on how it is cut (ONNX Runtime 1.30: 33 and 65 rows of 2 to 90, 2026-11-26).
 */
const isOdd = (rows: number): boolean => rows > 1 && rows % 32 === 1

/** Measures runs, and says from it how much of prompts may run before the next token is due. */
export interface Pace {
  /** What a round of decoding takes. 0: none was measured. */
  readonly decodeMs: number
  /** How long ago a session's last token may be where it still decodes. */
  readonly decodingMs: number
  /** One row each of some sessions took so long. */
  decoded (ms: number): void
  /** So long after its last token a session's next one is there. */
  lapped (ms: number): void
  prefilled (rows: number, ms: number): void
  /** What prompts may take in turn before the next round, where so many of them wait and so many sessions decode. */
  turnMs (prompts: number, decoding: number): number
  /** Rows of a prompt of which `left` are to do, within `ms`; at least 2 unless there is only one. Never leaves one alone, nor one over whole blocks of 32. */
  chunk (left: number, most: number, ms: number): number
  /** Whether a chunk that is worth its run fits into `ms`. */
  fits (ms: number): boolean
}

export function pace (): Pace {
  let decodeMs = 0
  let lapMs = 0
  const runs = line()
  const blend = (old: number, measured: number): number => old === 0 ? measured : old + (measured - old) * NEWEST

  return {
    get decodeMs () { return decodeMs },
    get decodingMs () { return Math.max(DECODING_MS, DECODING_LAPS * lapMs) },

    decoded (ms) { decodeMs = blend(decodeMs, ms) },
    lapped (ms) { lapMs = blend(lapMs, ms) },
    prefilled (rows, ms) { runs.add(rows, ms) },

    // time is shared by all sessions alike, so that prompts do not starve where most sessions wait for their first token
    turnMs: (prompts, decoding) => decoding === 0 ? Infinity : decodeMs * Math.min(MOST_SHARE, Math.max(LEAST_SHARE, prompts / decoding)),

    chunk (left, most, ms) {
      // before any row of a prompt was measured it is taken to last as long as a decoded one: longer than it does
      const { once, each } = runs.isKnown ? runs : { once: 0, each: decodeMs }
      const wanted = ms === Infinity || each === 0 ? MAX_CHUNK : Math.floor((ms - once) / each)
      const limit = Math.max(2, Math.min(most, MAX_CHUNK, wanted))
      if (left <= limit) {
        return isOdd(left) ? left - 2 : left
      }
      // parts of nearly the same size; where two rows are the limit and three are left, they go together
      const even = Math.ceil(left / Math.ceil(left / limit))
      const rows = left - even === 1 ? (even > 2 ? even - 1 : left) : even
      return isOdd(rows) ? rows - 1 : rows
    },

    // where it takes twice what any run takes, half of it is the rows'
    fits: (ms) => runs.isKnown && ms >= Math.max(2 * runs.once, runs.once + 2 * runs.each)
  }
}

interface Line {
  readonly isKnown: boolean
  /** What any run takes, and what a row adds to it. */
  readonly once: number
  readonly each: number
  add (rows: number, ms: number): void
}

/** A straight line through what runs of so many rows took, by least squares; the older, the less they count. */
function line (): Line {
  let [weight, x, y, xx, xy] = [0, 0, 0, 0, 0]
  let once = 0
  let each = 0
  return {
    get isKnown () { return weight > 0 },
    get once () { return once },
    get each () { return each },
    add (rows, ms) {
      const keep = 1 - NEWEST / 2
      weight = weight * keep + 1
      x = x * keep + rows
      y = y * keep + ms
      xx = xx * keep + rows * rows
      xy = xy * keep + rows * ms
      const mean = y / x
      const spread = weight * xx - x * x
      // runs of one size say nothing of another
      const slope = spread > 0.01 * weight * xx ? (weight * xy - x * y) / spread : mean
      each = Math.min(mean, Math.max(LEAST_ROW_SHARE * mean, slope))
      once = (y - each * x) / weight
    }
  }
}
