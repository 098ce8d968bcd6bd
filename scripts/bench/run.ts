/** What a client sees of one answer, and what follows from it. Pure. */

export interface Run {
  /** When the request was sent, in ms of one clock. */
  readonly startedAt: number
  /** When each piece of the answer came. A token that completes no character comes with the next one. */
  readonly arrivals: readonly number[]
  /** Tokens made. */
  readonly tokens: number
  /** Prompt tokens whose KV was reused. */
  readonly cached: number
}

/** Whoever answers: a swarm over HTTP, or the yardstick. */
export interface Contender {
  readonly name: string
  /** `cold` computes the whole prompt; otherwise what is left from the last one may be reused. */
  generate (prompt: readonly number[], options: { readonly tokens: number, readonly cold: boolean }): Promise<Run>
}

export const firstTokenMs = ({ startedAt, arrivals }: Run): number => (arrivals[0] ?? NaN) - startedAt

/** Without the first token, which is the prompt's. */
export const tokensPerSecond = ({ arrivals, tokens }: Run): number => (tokens - 1) / (((arrivals.at(-1) ?? NaN) - (arrivals[0] ?? NaN)) / 1000)

/**
 * Tokens a second of several answers together, while all of them were at work: from the last one's first token to the first
 * one's last token.
 * @throws {Error} where there was no such time: the answers were too short
 */
export function aggregateTokensPerSecond (runs: readonly Run[]): number {
  const from = Math.max(...runs.map(({ arrivals }) => arrivals[0] ?? NaN))
  const to = Math.min(...runs.map(({ arrivals }) => arrivals.at(-1) ?? NaN))
  if (!(to > from)) throw new Error(`${runs.length} answers were never at work all at once: ask for more tokens`)
  const within = runs.map(({ arrivals, tokens }) => arrivals.filter((at) => at > from && at <= to).length * tokens / arrivals.length)
  return within.reduce((sum, count) => sum + count, 0) / ((to - from) / 1000)
}
