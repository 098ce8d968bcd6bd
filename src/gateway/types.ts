import type { ChatMessage } from '../model/index.ts'
import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** A model that requests can name. */
export interface GatewayModel {
  /** What clients call it: the name at import, or the label that nodes give it. */
  readonly name: string
  readonly modelId: string
  /** Positions; undefined where this node hasn't the model's manifest. */
  readonly contextLength?: number
  /** When this node first saw it, Unix seconds. */
  readonly createdS: number
  /** The text of one token; undefined where this node hasn't the tokenizer. */
  tokenText? (id: number): string
  decode? (ids: readonly number[]): string
  encode? (text: string, options: { readonly special: boolean }): number[]
  /** A conversation in the model's own template, control tokens as they are written. @throws {TemplateError} */
  renderChat? (messages: readonly ChatMessage[]): string
  /** Values of an embedding. */
  readonly hiddenSize?: number
}

/** Where answers come from: the daemon's own coordinator, or a thin client of somebody else's. */
export interface Generator {
  /** The models that every layer of is served now. */
  models (options?: AbortOptions): Promise<readonly GatewayModel[]>
  /** Failures are thrown, also in the middle. Ending the iteration early, or the signal, cancels the session. */
  generate (request: GenerateRequest, options: AbortOptions): AsyncIterable<GenerateEvent>
}

export interface GatewayComponents {
  readonly generator: Generator
  readonly logger: GatewayLogger
  /** What `GET /api/swarm` shows. */
  swarm (): unknown
  /** False while the node is loading or draining. */
  ready (): boolean
}

/** Never given a prompt, a token or an answer. */
export interface GatewayLogger {
  info (fields: object, message: string): void
  warn (fields: object, message: string): void
}

export interface AppInit {
  readonly host: string
  /** Accepted as `Authorization: Bearer KEY`. Required on any address but loopback. @default none */
  readonly apiKeys?: readonly string[]
  /** Of pages that may use the gateway, such as `https://chat.example`; `*`: all. @default those of this machine */
  readonly origins?: readonly string[]
  /** Largest request body. @default 8 MiB */
  readonly maxBodyBytes?: number
  /** Sessions at once. @default 64 */
  readonly atOnce?: number
  /** Requests that may wait in line. @default 256 */
  readonly waiting?: number
  /** How long one may wait, in line and for room in the swarm, in ms. @default 120,000 */
  readonly waitMs?: number
  /** Sessions that one request may have at once. @default 8 */
  readonly choicesAtOnce?: number
  /** Of one prompt, tools included. @default 2,000,000 */
  readonly maxPromptCharacters?: number
  /** How long a client may leave unread what a stream has for it before the answer is cancelled, in ms. @default 120,000 */
  readonly stalledMs?: number
}

export interface GatewayInit extends AppInit {
  readonly port: number
  /** Take one of the next ports if this one is taken. @default false */
  readonly moveOn?: boolean
}

/** A running gateway. */
export interface Gateway {
  /** `http://HOST:PORT` as bound. */
  readonly url: string
  /** Takes no more requests, waits until those that run are answered or the signal aborts, then closes. */
  stop (options?: AbortOptions): Promise<void>
}
