/** Constants of `/shoal/ring/1.0.0`. See README.md. */

export const RING_PROTOCOL = '/shoal/ring/1.0.0'

export const RingType = {
  // control link, coordinator → stage
  open: 1,
  ids: 2,
  // control link, stage → coordinator
  ready: 3,
  busy: 4,
  refused: 5,
  result: 6,
  // control link, both ways
  beat: 7,
  // data link, previous → next
  hello: 8,
  hidden: 9,
  tokens: 10,
  mark: 11,
  // any link
  gap: 12,
  fault: 13,
  close: 14,
  // control link, coordinator → stage
  reroute: 15,
  resume: 16,
  mirror: 17,
  // control link, stage → coordinator
  leaving: 18,
  forgotten: 19,
  // control link, both ways; a stage that does not know it ignores it
  stats: 128
} as const

export const BeatState = { waiting: 1, queued: 2, computing: 3, sent: 4 } as const
export const Finish = { none: 0, stop: 1, length: 2 } as const
export const ComputeCode = { fast: 1, exact: 2 } as const
export const FaultKind = { request: 1, capacity: 2, peer: 3, internal: 4 } as const
export const Role = { active: 0, standby: 1 } as const

/** Codes of REFUSED. */
export const RefusedCode = {
  /** A feature in `requires`, a wire, a role or a rope variant that the stage does not know. */
  unsupported: 'unsupported',
  /** The stage does not serve this span of this model in this compute (any more). */
  notServed: 'not-served',
  /** More positions than the stage's spans can ever hold. */
  context: 'context',
  draining: 'draining',
  /** The next stage could not be reached. */
  unreachable: 'unreachable',
  /** The OPEN contradicts itself or leaves out what it must have. */
  malformed: 'malformed'
} as const

export const SESSION_BYTES = 16
/** Of the secret with which another coordinator takes a session over from one stage, and of its hash. */
export const STAGE_KEY_BYTES = 32
export const KEY_HASH_BYTES = 32
/** What a stage holds is kept for so long when its coordinator is gone without a word. */
export const ORPHAN_MS = 10_000
/** An OPEN that stays without work, and a HELLO that stays without its OPEN, are freed after this. */
export const UNUSED_MS = 10_000
/** A next stage that is not reached by then is told to be unreachable. */
export const HOP_DIAL_MS = 4000
/** A stage that holds a lap beats at least this often. */
export const BEAT_MS = 250
/** A sender marks its evidence after this many data frames, and at the end. */
export const MARK_FRAMES = 64
/** What stages measured is waited for this long at the end of an answer. */
export const STATS_MS = 100
/** A standby is sent this many frames at a time. */
export const MIRROR_FRAMES = 32
/** Features that an OPEN may require. */
export const Feature = {
  /** A tail holds its answer to a grammar. */
  grammar: 'grammar',
  /** A tail pools the prompt's hidden states. */
  embed: 'embed'
} as const
/** Characters of a grammar, and of its marker. */
export const MAX_GRAMMAR = 256 * 1024
export const MAX_MARKER = 64
/** Rows of one frame. */
export const MAX_ROWS = 1024
/** Positions that one OPEN can reserve. */
export const MAX_POSITIONS = 1 << 24
/** Tokens of a block whose KV may be reused, and bytes of its key. */
export const PREFIX_BLOCK = 64
export const PREFIX_KEY_BYTES = 16
