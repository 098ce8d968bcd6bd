import type { ActivityFeed } from './activity.ts'
import type { ChatMessage, ToolDefinition } from '../model/index.ts'
import type { CertificateFiles } from './certificate.ts'
import type { KeyRing } from './keys.ts'
import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** A model that requests can name. */
export interface GatewayModel {
  /** What clients call it: the name at import, else the label that nodes give it, else its id. */
  readonly name: string
  /** The label that nodes give it, where it has another name here. */
  readonly alias?: string
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
  renderChat? (messages: readonly ChatMessage[], tools: readonly ToolDefinition[]): string
  /** Values of an embedding. */
  readonly hiddenSize?: number
}

/** Where answers come from: the daemon's own coordinator, or a thin client of somebody else's. */
export interface Generator {
  /** The models that every layer of is served now. */
  models (options?: AbortOptions): Promise<readonly GatewayModel[]>
  /** Failures are thrown, also in the middle. Ending the iteration early, or the signal, cancels the session. */
  generate (request: GenerateRequest, options: AskOptions): AsyncIterable<GenerateEvent>
}

export interface AskOptions extends AbortOptions {
  /** The request's, as its answer's header has it: for logs and traces. */
  readonly requestId?: string | undefined
}

export interface GatewayMetrics {
  /** A request came; call what it returns when its answer begins. */
  request (): (of: { readonly route: string, readonly method: string, readonly status: number }) => void
  /** Called once: the line before the answers, to be read when somebody asks for the numbers. */
  line (queue: { readonly running: number, readonly waiting: number }): void
  /** In Prometheus' text format. */
  text (): Promise<string>
  readonly contentType: string
}

export interface GatewayComponents {
  readonly generator: Generator
  readonly logger: GatewayLogger
  /** Keys beside those of the init. @default none */
  readonly keys?: KeyRing
  /** What `GET /metrics` shows. @default nothing is counted */
  readonly metrics?: GatewayMetrics
  /** What `GET /api/swarm` shows. */
  swarm (): unknown
  /** What `GET /api/events` tells. @default nothing happens */
  readonly activity?: ActivityFeed
  /** What `GET /api/peer` tells the page at `/peer`. @default nothing */
  readonly peer?: PeerSelf
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
  /** Accepted as `Authorization: Bearer KEY`, and then asked of programs of this machine too. Some key is required on any address but loopback. @default none */
  readonly apiKeys?: readonly string[]
  /** Addresses and networks of proxies that others come through: they say who comes, and everybody needs a key. @default none */
  readonly trustedProxies?: readonly string[]
  /** Of pages that may use the gateway, such as `https://chat.example`; `*`: all. @default those of this machine */
  readonly origins?: readonly string[]
  /** Largest request body. @default 8 MiB */
  readonly maxBodyBytes?: number
  /** How long a body may take. @default 30,000 */
  readonly bodyDeadlineMs?: number
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
  /** The folder of the built pages, absolute. @default none */
  readonly pages?: string
}

export interface GatewayInit extends AppInit {
  readonly port: number
  /** Take one of the next ports if this one is taken. @default false */
  readonly moveOn?: boolean
  /** @default plain HTTP */
  readonly tls?: CertificateFiles & { readonly lookEveryMs?: number }
  /** Connections that have not brought a whole request; beyond that the oldest goes. @default 1,024 */
  readonly maxWaiting?: number
  /** And of one address, but for loopback and proxies. @default 128 */
  readonly maxWaitingPerAddress?: number
}

/** This node as a page can dial it. */
export interface PeerSelf {
  readonly peerId: string
  /** Multiaddrs with `/p2p/`. */
  addresses (): readonly string[]
}

/** A running gateway. */
export interface Gateway {
  /** `http://HOST:PORT` as bound. */
  readonly url: string
  /** Takes no more requests, waits until those that run are answered or the signal aborts, then closes. */
  stop (options?: AbortOptions): Promise<void>
}
