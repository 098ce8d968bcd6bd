/** A grammar that can't be followed: it costs too much, or a text is outside of it. The request is wrong, nobody is blamed. */
export class GrammarError extends Error {
  override name = 'GrammarError'
}

/** The worker ended, and this grammar is not why: there is no capacity now, nobody is blamed. */
export class WorkerGoneError extends Error {
  override name = 'WorkerGoneError'
}
