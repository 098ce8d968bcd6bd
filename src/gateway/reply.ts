import type { Done } from './answer.ts'
import type { RouteStage } from '../pipeline/index.ts'

/** What a handler hands back: one JSON body, or chunks to stream. */
export type Reply =
  | { readonly kind: 'whole', readonly body: object, readonly done: readonly Done[] }
  | { readonly kind: 'stream', readonly chunks: AsyncIterable<object>, readonly route: readonly RouteStage[] }
