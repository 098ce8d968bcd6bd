import type { TokenMask } from './matcher.ts'
import type { Marker } from './network.ts'

/** What an answer is held to, as OPEN has it. */
export interface GrammarPlan {
  readonly text: string
  /** Free text comes before what the grammar says. */
  readonly marker?: Marker
  /** Control tokens that stand for their text here. */
  readonly visible: readonly number[]
}

/** A model's tokens as a grammar sees them. */
export interface GrammarVocabulary {
  readonly vocabSize: number
  /** What a token adds to a text, as bytes; undefined for control tokens, unless `special`. */
  tokenBytes (id: number, options: { readonly special: boolean }): Uint8Array | undefined
}

/** One answer's grammar. Masks are made elsewhere, while the next token's logits are. */
export interface Constraint {
  /** The answer's ids are the first `keep` of those before, and these. */
  read (keep: number, ids: readonly number[]): void
  /** What may follow them. @throws {GrammarError} @throws {WorkerGoneError} */
  mask (): Promise<TokenMask>
  close (): void
}

/** Follows grammars off the main thread, in one worker for all answers. */
export interface Grammars {
  open (vocabulary: GrammarVocabulary, plan: GrammarPlan): Constraint
  /** Ends the worker: masks that are waited for fail. */
  stop (): Promise<void>
}
