/** Constants of `/shoal/generate/1.0.0`. See README.md. */

export const GENERATE_PROTOCOL = '/shoal/generate/1.0.0'

/** Largest frame of this protocol, header included: prompts are text or ids, never activations. */
export const GENERATE_MAX_FRAME_BYTES = 8 * 1024 * 1024

/** The coordinator says something at least every two of these while it works. */
export const GENERATE_BEAT_MS = 500

export const GenerateType = {
  request: 1,
  started: 2,
  scored: 3,
  token: 4,
  done: 5,
  failure: 6,
  beat: 7,
  repaired: 8,
  called: 9,
  embedding: 10
} as const

/** Kinds of failure, in both protocols. */
export const FailureKind = { request: 1, capacity: 2, peer: 3, internal: 4 } as const

/** Of STARTED's `sessionId`. */
export const SESSION_ID_BYTES = 16
/** Of the secret that the keys of all stages of a session are made of. */
export const TAKE_OVER_KEY_BYTES = 16
