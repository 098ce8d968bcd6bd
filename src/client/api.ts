/**
 * The public types of `shoal-node/client`. They stand by themselves, so that the package's declarations need no other package: this
 * file imports nothing.
 */

export interface ConnectInit {
  /** Where to join: multiaddrs with `/p2p/…`, `/dnsaddr/…`, or invites of `shoal invite`. One that answers is enough. */
  readonly bootstrap: string | readonly string[]
  /** A private swarm's key: the text of its key file. @default the one that an invite brings along */
  readonly psk?: string | Uint8Array
  /** Ends connecting, not what comes after it. */
  readonly signal?: AbortSignal
  /** Told of everything that happens, in this client and in its answers. What it throws is nobody's: it must not throw. */
  readonly on?: (event: ProgressEvent) => void
}

/** What carries a connection. */
export type Way = 'tcp' | 'websocket' | 'webrtc-direct' | 'webrtc' | 'relay' | 'other'

export interface PeerConnection {
  readonly peerId: string
  readonly way: Way
  /** Multiaddr of the other end. */
  readonly address: string
}

/** A visitor of a swarm: holds no layers, asks others. */
export interface SwarmClient {
  /** Of this run alone. */
  readonly peerId: string
  /** Peers that were joined. */
  readonly joined: readonly string[]
  /** Asks; tokens come as they are made. Nothing is sent before the answer is read. */
  generate (request: GenerateOptions, options?: CallOptions): Answer
  /** Asks, and resolves with the whole answer. @throws as reading an `Answer` does */
  chat (request: GenerateOptions, options?: CallOptions): Promise<Result>
  /** Asks for the model's hidden states of a text as one vector. @throws as reading an `Answer` does */
  embed (request: EmbedOptions, options?: CallOptions): Promise<Embedding>
  /** What the nodes of the swarm serve, read from its DHT (some 0.3 s). */
  models (options?: { readonly signal?: AbortSignal }): Promise<readonly ModelView[]>
  /** Open connections, the oldest first. */
  connections (): readonly PeerConnection[]
  /** Ends every answer with `ClosedError`, and every connection. */
  close (): Promise<void>
}

/** Failures come as one of the exported error classes; in code that may see two copies of this package, test an error's `name`. */
export interface Answer extends AsyncIterable<Token> {
  /**
   * Reads what was not read yet, and resolves with the end. The texts of all tokens together are its text.
   * @throws the signal's reason where that ended it; ends as the reading ended
   */
  result (): Promise<Result>
}

export interface Token {
  /** May be empty while a character is incomplete or a stop string may be starting. */
  readonly text: string
  /** Absent for text at the end that was held back. */
  readonly id?: number
  /** Natural logarithm, with `logprobs`. */
  readonly logprob?: number
  /** The likeliest tokens at this place, with `logprobs`. */
  readonly top?: ReadonlyArray<{ readonly id: number, readonly logprob: number }>
}

export interface CallOptions {
  /** Ends the answer: its reader gets the signal's reason, the nodes forget it at once. */
  readonly signal?: AbortSignal
  /** Told of what happens to this answer. It must not throw. */
  readonly on?: (event: ProgressEvent) => void
}

export interface Message {
  readonly role: string
  readonly content: string
  /** What the assistant called in this turn. */
  readonly toolCalls?: readonly ToolCall[]
  /** Whose result this turn is (role `tool`). */
  readonly toolCallId?: string
  readonly name?: string
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text of an object. */
  readonly arguments: string
}

/** A function that the model may ask for. */
export interface Tool {
  readonly name: string
  readonly description?: string
  /** JSON Schema of its arguments, an object. @default it takes none */
  readonly parameters?: Readonly<Record<string, unknown>>
  /** Arguments are held to the schema also where the model may answer in words. */
  readonly strict?: boolean
}

/** Exactly one of `messages` and `prompt`. */
export interface GenerateOptions {
  /** A name or id. @default what the joined node serves, else the only model that is served whole */
  readonly model?: string
  /** A conversation, laid out by the model's own chat template. */
  readonly messages?: readonly Message[]
  /** A text to go on with, without a template; or token ids. */
  readonly prompt?: string | readonly number[]
  /** Special tokens written in a text prompt count as such. @default false */
  readonly special?: boolean
  /** @default 256 */
  readonly maxTokens?: number
  /** 0 always takes the likeliest token. @default 0.7 */
  readonly temperature?: number
  /** @default 0.95 */
  readonly topP?: number
  /** @default 0: off */
  readonly topK?: number
  /** @default 0 */
  readonly minP?: number
  /** @default 1: off */
  readonly repetitionPenalty?: number
  /** @default 0 */
  readonly presencePenalty?: number
  /** @default 0 */
  readonly frequencyPenalty?: number
  /** Added to the logits, by token id. */
  readonly logitBias?: Readonly<Record<number, number>>
  /** The same seed gives the same answer. @default drawn */
  readonly seed?: number | bigint
  /** The answer ends before this text. */
  readonly stop?: string | readonly string[]
  /** Log probabilities of each token and so many alternatives. @default none */
  readonly logprobs?: number
  /** How hidden states travel between nodes: f32 makes any split say the same, f16 takes half as many bytes. @default f32 where nothing is left to chance, else f16 */
  readonly wire?: 'f16' | 'f32'
  /** The answer is JSON: any, or what a JSON Schema says. */
  readonly format?: 'json' | { readonly schema: Readonly<Record<string, unknown>> }
  /** Handed to the model's chat template. */
  readonly tools?: readonly Tool[]
  /** @default auto */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string }
  /** False: at most one call in an answer. @default true */
  readonly parallelToolCalls?: boolean
}

export interface EmbedOptions {
  /** A name or id. @default as of `GenerateOptions` */
  readonly model?: string
  /** A text, or token ids. */
  readonly input: string | readonly number[]
  /** Special tokens written in a text count as such. @default false */
  readonly special?: boolean
  /** The mean over all of the input's tokens, or what the model has at the last one. @default mean */
  readonly pooling?: 'mean' | 'last'
  /** How hidden states travel between nodes. @default f32 */
  readonly wire?: 'f16' | 'f32'
}

export interface Embedding {
  /** As many as the model's hidden size, behind its last norm: not brought to length 1. */
  readonly values: Float32Array
  readonly model: string
  readonly modelId: string
  readonly usage: { readonly promptTokens: number, readonly cachedTokens: number }
  readonly route: readonly RouteStage[]
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'cancelled' | 'error'

export interface RouteStage {
  readonly peerId: string
  /** Layers, half-open. */
  readonly span: readonly [start: number, end: number]
}

/** The end of an answer. */
export interface Result {
  /** Cut before a stop string. */
  readonly text: string
  /** Ids, without the end-of-text id that stopped them. */
  readonly tokens: readonly number[]
  readonly toolCalls: readonly ToolCall[]
  readonly finishReason: FinishReason
  readonly model: string
  readonly modelId: string
  readonly usage: { readonly promptTokens: number, readonly completionTokens: number, readonly cachedTokens: number }
  /** The nodes that it came from, first layers first. */
  readonly route: readonly RouteStage[]
  readonly timings: { readonly ttftMs: number, readonly totalMs: number, readonly tokensPerSecond: number }
}

export interface ModelView {
  readonly modelId: string
  /** The label most nodes give it: shown, never believed. */
  readonly model: string
  readonly layerCount: number
  /** How many nodes serve each layer now. */
  readonly coverage: readonly number[]
  /** Layers that nobody serves. */
  readonly missing: ReadonlyArray<readonly [start: number, end: number]>
  readonly covered: boolean
  readonly nodes: number
}

/** What happens on the way to an answer, and to it. */
export type ProgressEvent =
  /** Joined a node of the swarm. */
  | { readonly kind: 'joined' } & PeerConnection
  /** The swarm is asked who serves the model; absent: who serves anything. */
  | { readonly kind: 'finding', readonly model?: string }
  /** Nobody serves it yet: other nodes may turn up, or nodes that are there may come to the end of loading. */
  | { readonly kind: 'waiting', readonly for: 'nodes' | 'loading' }
  /** Which model is asked. `guessed`: it was not named, nor served by a node that was joined. */
  | { readonly kind: 'model', readonly model: string, readonly modelId: string, readonly guessed: boolean }
  /** A node that coordinates the answer is reached. */
  | { readonly kind: 'connected' } & PeerConnection
  /** The answer begins, by these nodes. */
  | { readonly kind: 'route', readonly sessionId: string, readonly promptTokens: number, readonly route: readonly RouteStage[] }
  /** Nodes were lost and replaced: the answer goes on with the same words. `replayed`: positions that were sent again. */
  | { readonly kind: 'repaired', readonly lost: readonly RouteStage[], readonly tookMs: number, readonly replayed: number, readonly route: readonly RouteStage[] }
  /** The model calls a tool. */
  | { readonly kind: 'toolCall', readonly index: number, readonly call: ToolCall }
