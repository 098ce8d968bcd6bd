/** The node could not join the swarm that it was told to join. */
export class JoinError extends Error {
  override name = 'JoinError'
}

/** Several models could be meant. The request is wrong until it names one. */
export class AmbiguousModelError extends Error {
  override name = 'AmbiguousModelError'
}

/** Nobody serves the model, or some layers of it, now. */
export class NobodyServesError extends Error {
  override name = 'NobodyServesError'
}

/** It was used after `close()`, or was closed meanwhile. */
export class ClosedError extends Error {
  override name = 'ClosedError'

  constructor () {
    super('this client was closed; connect again')
  }
}
