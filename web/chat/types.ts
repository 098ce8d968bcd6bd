import type { Repair, RouteStage } from '../net/swarm-types.ts'

export interface Sampling {
  readonly temperature: number
  readonly topP: number
  /** 0: off. */
  readonly topK: number
  readonly minP: number
  readonly maxTokens: number
  /** Undefined: another one for each answer. */
  readonly seed: number | undefined
  /** Empty: none. */
  readonly system: string
}

export interface Failure {
  readonly message: string
  /** HTTP's status; 0: the answer broke off, or there was none. */
  readonly status: number
}

export type AnswerStatus = 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed'

export interface Answer {
  readonly status: AnswerStatus
  readonly model: string
  /** Unix ms. */
  readonly askedAtMs: number
  readonly ttftMs?: number
  readonly endedAtMs?: number
  /** As the node counts them; until then pieces of text, which are about as many. */
  readonly tokens: number
  readonly promptTokens?: number
  readonly finishReason?: string
  readonly failure?: Failure
  readonly route: readonly RouteStage[]
  readonly repairs: readonly Repair[]
}

export interface UserTurn {
  readonly id: string
  readonly role: 'user'
  readonly text: string
}

export interface AssistantTurn {
  readonly id: string
  readonly role: 'assistant'
  readonly text: string
  readonly answer: Answer
}

export type Turn = UserTurn | AssistantTurn

export interface Conversation {
  readonly id: string
  readonly createdAtMs: number
  readonly turns: readonly Turn[]
}

export interface ChatState {
  /** Newest first; never empty. */
  readonly conversations: readonly Conversation[]
  readonly currentId: string
}

/** What an answer tells while it is made. */
export type AnswerEvent =
  | { readonly kind: 'route', readonly route: readonly RouteStage[] }
  | { readonly kind: 'text', readonly text: string }
  | { readonly kind: 'repaired', readonly repair: Repair, readonly route: readonly RouteStage[] }
  | { readonly kind: 'finish', readonly reason: string }
  | { readonly kind: 'usage', readonly promptTokens: number, readonly completionTokens: number }
