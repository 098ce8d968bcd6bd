/**
 * The three kinds of error that Shoal keeps apart from a stage to the user, and how they are told on the wire (README.md).
 * Callers test `name`, which survives bundling and copies of a package.
 */

export interface RequestErrorOptions extends ErrorOptions {
  /** A name of README.md: `prompt`, `logitBias`, `format`, `tools`, … */
  readonly field?: string | undefined
}

/** The request is wrong: the message says what. Nobody is blamed, asking again changes nothing. */
export class RequestError extends Error {
  override name = 'RequestError'
  /** What of the request is wrong; undefined where it is no one field, or the coordinator did not say. */
  readonly field: string | undefined

  constructor (message: string, { field, ...options }: RequestErrorOptions = {}) {
    super(message, options)
    this.field = field
  }
}

/** The prompt and the tokens asked for need more positions than the model has. */
export class ContextLengthError extends RequestError {
  override name = 'ContextLengthError'
}

/** The coordinator asked does not have this model's manifest and tokenizer. */
export class UnknownModelError extends RequestError {
  override name = 'UnknownModelError'
}

/** No capacity now: queue, or ask elsewhere. Nobody is blamed. */
export class NoCapacityError extends Error {
  override name = 'NoCapacityError'
  /** When to try again, ms from now. */
  readonly retryAfterMs: number

  constructor (message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterMs = retryAfterMs
  }
}

/** Nobody serves some layers of the model: the message names them. */
export class UncoveredError extends NoCapacityError {
  override name = 'UncoveredError'
}

/** A peer is at fault: it reset, stayed silent past its deadline, or sent malformed or impossible data. */
export class PeerFaultError extends Error {
  override name = 'PeerFaultError'
  readonly peerId: string

  constructor (message: string, peerId: string, options?: ErrorOptions) {
    super(message, options)
    this.peerId = peerId
  }
}
