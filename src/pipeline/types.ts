import type { ChatMessage, ToolCall, ToolDefinition } from '../model/index.ts'

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

/** What the answer's text has to be: the tail takes no token that would break it. `schema`: JSON Schema as JSON text. */
export type ResponseFormat =
  | { readonly kind: 'json' }
  | { readonly kind: 'schema', readonly schema: string }

/** `required`: one call at least; a name: a call of this function. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

/** Hidden states of the prompt behind the model's last norm, as one vector: their mean, or the last one. */
export type Pooling = 'mean' | 'last'

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
  /** How hidden states travel between stages. @default f32 where nothing is left to chance, so that any split says the same; else f16 */
  readonly wire?: Wire | undefined
  /** Report log probabilities of the prompt's own tokens too (with maxTokens 0: score a text). */
  readonly scorePrompt?: boolean
  /** Never stop at an end-of-text token (benchmarks). */
  readonly ignoreEos?: boolean
  /** An answer that goes on: its first ids, which are not told again. The prompt is given as ids, and the seed is that of the beginning. */
  readonly generatedIds?: readonly number[]
  /** With `generatedIds`: what the stages hold of that answer is used. */
  readonly takeOver?: TakeOver
  readonly format?: ResponseFormat
  /** Handed to the model's own chat template; with messages only. */
  readonly tools?: readonly ToolDefinition[]
  /** @default auto */
  readonly toolChoice?: ToolChoice
  /** False: at most one call in an answer. @default true */
  readonly parallelToolCalls?: boolean
  /** An embedding instead of an answer: `started`, `embedding`, `done`. */
  readonly embed?: Pooling
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

/** An answer whose coordinator is lost: where it was, and what proves that it may be gone on with. */
export interface TakeOver {
  readonly sessionId: string
  /** Hexadecimal; a secret of whoever asked and of that coordinator. */
  readonly key: string
  /** The newest that was told. */
  readonly route: readonly RouteStage[]
  /** Peer id of the coordinator. */
  readonly lost: string
}

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
}

export interface Timings {
  /** Until a route was found and its stages were ready. */
  readonly openMs?: number
  readonly ttftMs: number
  readonly totalMs: number
  readonly tokensPerSecond: number
}

/** What a stage did in an answer, as it measured it. */
export interface HopWork {
  /** Frames that it computed. */
  readonly laps: number
  readonly rows: number
  /** Waiting for the device. */
  readonly queueMs: number
  readonly computeMs: number
  /** Encoding and handing to the network. */
  readonly sendMs: number
  readonly bytesSent: number
}

/** Where one stage's time went in an answer. */
export interface HopTiming extends RouteStage, HopWork {
  /** Of all that: frames of several rows, which are the prompt's or sent again. */
  readonly prefill?: HopWork
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
    /** With it that one may use what the stages hold: see `TakeOver`. Not to be shown to anybody. */
    readonly takeOverKey?: string
    /** Of an answer that goes on: positions that a stage was given again. */
    readonly replayed?: number
  }
  /** Stages were lost and replaced; what follows is what would have followed. `replayed`: positions that a stage was given again. */
  | { readonly kind: 'repaired', readonly lost: readonly RouteStage[], readonly tookMs: number, readonly replayed: number, readonly route: readonly RouteStage[] }
  /** The prompt's tokens with the log probability of each given those before it (none for the first). */
  | { readonly kind: 'scored', readonly tokens: ReadonlyArray<{ readonly id: number, readonly text: string, readonly logprob: number | null, readonly top: readonly TokenScore[] }> }
  /** `text` may be empty while a character is incomplete or a stop string may be starting. */
  | { readonly kind: 'token', readonly id: number, readonly text: string, readonly logprob?: number, readonly top?: readonly TokenScore[] }
  /** A whole call of a tool; its text is no `token` text. */
  | { readonly kind: 'toolCall', readonly index: number, readonly call: ToolCall }
  | { readonly kind: 'embedding', readonly values: Float32Array }
  | {
    readonly kind: 'done'
    /** The whole answer, cut before a stop string; without the calls. */
    readonly text: string
    readonly toolCalls?: readonly ToolCall[]
    /** Of stages that told. */
    readonly hops?: readonly HopTiming[]
    /** Without the end-of-text id that stopped them. */
    readonly tokens: readonly number[]
    readonly finishReason: FinishReason
    readonly usage: Usage
    readonly route: readonly RouteStage[]
    readonly timings: Timings
  }
