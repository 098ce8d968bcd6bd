import type { GrammarVocabulary, Grammars } from '../grammar/index.ts'
import type { PipelineLog } from '../log.ts'
import type { PeerLimits } from '../peer-tokens.ts'
import type { Spill } from '../spill.ts'
import type { LapObserver } from './tally.ts'
import type { SpanRunner } from '../../engine/index.ts'
import type { Span } from '../../model/index.ts'
import type { Clock, Host } from '../../p2p/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface StageServerComponents {
  readonly host: Pick<Host, 'peerId' | 'open' | 'handle' | 'unhandle' | 'sign' | 'verify'>
  /** @default the system's */
  readonly clock?: Clock
  /** For what replay buffers have no memory for. @default none: they forget their oldest */
  readonly spill?: Spill | undefined
  /** Never given anything of what passes through. */
  readonly log?: PipelineLog | undefined
  /** @default nobody is told */
  readonly observer?: LapObserver | undefined
  /** Holds answers to grammars. @default none: sessions that ask for it are refused */
  readonly grammars?: Grammars | undefined
}

export interface StageServerInit extends PeerLimits {
  /** Sessions at once, over all spans. @default 256 */
  readonly maxSessions?: number
  /** Sessions that one coordinator may hold. @default 128 */
  readonly maxSessionsPerPeer?: number
  /** Bytes of memory for what one session sent, for replay. @default 32 MiB */
  readonly replayBytesPerSession?: number
  /** Such bytes over all sessions. @default 512 MiB */
  readonly replayBytes?: number
  /** What a prompt left serves all coordinators that come first (this node, `prefer`), not only the one that asked it: who asks can tell by the time which beginnings others asked. @default false */
  readonly sharePrefixes?: boolean
}

export type { LapObserver }

/** What a span was measured to do here, as the node record has it. Zeros until something ran. */
export interface StageRates {
  readonly decodeMsPerToken: number
  readonly prefillTokensPerSecond: number
  /** How long a run waits for its turn now. */
  readonly queueMs: number
}

/** Loads parts of an offered span for sessions that enter it in its middle. */
export interface SpanParts {
  /** @throws {NoCapacityError} @throws the signal's reason */
  open (span: Span, options: AbortOptions): Promise<{ readonly runner: SpanRunner, release (): void }>
}

/** Serves `/shoal/ring/1.0.0`: runs this node's spans as stages of other people's (and its own) sessions. */
export interface StageServer {
  start (): Promise<void>
  /** Ends every session with an error to its coordinator. Runners stay the caller's to close. */
  stop (): Promise<void>
  /**
   * Offers a loaded span, its parts where there is a way to load them, and the model's tokens, for answers that are held to a grammar.
   * The function returned withdraws it: no new sessions, those at work go on.
   */
  offer (modelId: string, runner: SpanRunner, parts?: SpanParts, vocabulary?: GrammarVocabulary): () => void
  /** Sessions that hold a slot now, or wait for their part to be loaded. */
  readonly sessions: number
  rates (runner: SpanRunner): StageRates
  /** Takes no more sessions, and asks the coordinators of those at work to go on without this node as soon as they can. */
  leave (): void
  /** Takes sessions again. */
  stay (): void
  /** Takes no more sessions and resolves when those at work have ended. @throws the signal's reason when it aborts first */
  drain (options?: AbortOptions): Promise<void>
}
