import type { GrammarPlan } from './types.ts'
import type { TokenMask } from './matcher.ts'

/** Tokens one after another; token `id` is the bytes from `ends[id - 1]` to `ends[id]`. */
export interface PackedTokens {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
}

/** To the worker. Sessions and vocabularies have numbers. */
export type Order =
  | { readonly kind: 'vocabulary', readonly vocabulary: number, readonly tokens: PackedTokens }
  | { readonly kind: 'open', readonly session: number, readonly vocabulary: number, readonly plan: GrammarPlan, readonly visible: ReadonlyArray<readonly [id: number, bytes: Uint8Array]> }
  /** Answered by a mask. */
  | { readonly kind: 'read', readonly session: number, readonly request: number, readonly keep: number, readonly ids: readonly number[] }
  | { readonly kind: 'close', readonly session: number }

/** From the worker. */
export type Answer =
  | { readonly request: number, readonly mask: TokenMask }
  | { readonly request: number, readonly problem: string }
