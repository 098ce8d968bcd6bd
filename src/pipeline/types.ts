import type { ChatMessage } from '../model/index.ts'

/** How hidden states travel. */
export type Wire = 'f16' | 'f32'

/** Everything the sampler needs; its state is this, the ids, and nothing else. */
export interface SamplingOptions {
  /** 0: greedy. */
  readonly temperature: number
  readonly topP: number
  /** 0: off. */
  readonly topK: number
  readonly minP: number
  /** 1: off. */
  readonly repetitionPenalty: number
  readonly presencePenalty: number
  readonly frequencyPenalty: number
  readonly logitBias: ReadonlyMap<number, number>
  /** Drawn by the coordinator where the client gave none. */
  readonly seed: bigint
  /** How many alternatives to report beside each token's own log probability; undefined: no log probabilities. */
  readonly logprobs?: number
}

/** What a thin client asks of a coordinator. */
export interface GenerateRequest {
  readonly modelId: string
  readonly prompt:
    | { readonly kind: 'chat', readonly messages: readonly ChatMessage[] }
    /** `special`: special tokens written in the text count as such; nothing is added or trimmed. */
    | { readonly kind: 'text', readonly text: string, readonly special: boolean }
    | { readonly kind: 'ids', readonly ids: readonly number[] }
  readonly maxTokens: number
  readonly stop: readonly string[]
  readonly sampling: Partial<SamplingOptions>
  readonly wire: Wire
  /** Report log probabilities of the prompt's own tokens too (with maxTokens 0: score a text). */
  readonly scorePrompt?: boolean
  /** Never stop at an end-of-text token (benchmarks). */
  readonly ignoreEos?: boolean
  /** An answer that goes on: its first ids, which are not told again. The prompt is given as ids, and the seed is that of the beginning. */
  readonly generatedIds?: readonly number[]
}

export interface TokenScore {
  readonly id: number
  readonly logprob: number
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'cancelled' | 'error'

export interface RouteStage {
  readonly peerId: string
  readonly span: readonly [start: number, end: number]
}

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
}

export interface Timings {
  readonly ttftMs: number
  readonly totalMs: number
  readonly tokensPerSecond: number
}

/** What comes back, in this order: `started`, any number of `scored`, `token` and `repaired`, one `done`. Failures are thrown. */
export type GenerateEvent =
  | {
    readonly kind: 'started'
    readonly sessionId: string
    readonly promptTokens: number
    readonly route: readonly RouteStage[]
    /** With these and the ids told so far, another coordinator goes on where this one is lost. */
    readonly promptIds: readonly number[]
    readonly seed: bigint
  }
  /** Stages were lost and replaced; what follows is what would have followed. `replayed`: positions that a stage was given again. */
  | { readonly kind: 'repaired', readonly lost: readonly RouteStage[], readonly tookMs: number, readonly replayed: number, readonly route: readonly RouteStage[] }
  /** The prompt's tokens with the log probability of each given those before it (none for the first). */
  | { readonly kind: 'scored', readonly tokens: ReadonlyArray<{ readonly id: number, readonly text: string, readonly logprob: number | null, readonly top: readonly TokenScore[] }> }
  /** `text` may be empty while a character is incomplete or a stop string may be starting. */
  | { readonly kind: 'token', readonly id: number, readonly text: string, readonly logprob?: number, readonly top?: readonly TokenScore[] }
  | {
    readonly kind: 'done'
    /** The whole answer, cut before a stop string. */
    readonly text: string
    /** Without the end-of-text id that stopped them. */
    readonly tokens: readonly number[]
    readonly finishReason: FinishReason
    readonly usage: Usage
    readonly route: readonly RouteStage[]
    readonly timings: Timings
  }
