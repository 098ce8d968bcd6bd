/** A grammar that can't be followed: it costs too much, or a text is outside of it. The request is wrong, nobody is blamed. */
export class GrammarError extends Error {
  override name = 'GrammarError'
}
