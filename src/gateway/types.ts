import type { PeerSelf } from './peer-page.ts'
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
  encode? (text: string): number[]
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
  /** What `GET /api/peer` tells. @default nothing */
  readonly peer?: PeerSelf
  /** False while the node is loading or draining. */
  ready (): boolean
}

/** Never given a prompt, a token or an answer. */
export interface GatewayLogger {
  info (fields: object, message: string): void
  warn (fields: object, message: string): void
}

export interface GatewayInit {
  readonly host: string
  readonly port: number
  /** Take one of the next ports if this one is taken. @default false */
  readonly moveOn?: boolean
  /** Accepted as `Authorization: Bearer KEY`. Required on any address but loopback. @default none */
  readonly apiKeys?: readonly string[]
  /** Largest request body. @default 8 MiB */
  readonly maxBodyBytes?: number
  /** The folder of the built pages, absolute. @default none */
  readonly pages?: string
}

/** A running gateway. */
export interface Gateway {
  /** `http://HOST:PORT` as bound. */
  readonly url: string
  /** Takes no more requests, waits until those that run are answered or the signal aborts, then closes. */
  stop (options?: AbortOptions): Promise<void>
}
