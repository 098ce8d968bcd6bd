/** The engine or the machine under it failed: a library, a device, a graph. No peer and no request is to blame. */
export class EngineError extends Error {
  override name = 'EngineError'
}

/** A step that can't be run as it was asked for: shape, position or ids are wrong. Nothing of it reached native code. */
export class EngineRequestError extends Error {
  override name = 'EngineRequestError'
}

/** Every slot is taken, or the memory for KV is: try again later or elsewhere. Nobody is to blame. */
export class NoCapacityError extends Error {
  override name = 'NoCapacityError'
  readonly retryAfterMs: number

  constructor (message: string, retryAfterMs = 1000) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** More positions than this node holds for one session, now or later. The request is wrong. */
export class ContextLengthError extends Error {
  override name = 'ContextLengthError'
  readonly contextLength: number

  constructor (positions: number, contextLength: number) {
    super(`${positions} positions are needed, at most ${contextLength} fit`)
    this.contextLength = contextLength
  }
}
