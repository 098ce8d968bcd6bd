import type { Env } from '../env.ts'
import type { HandlerComponents } from '../params.ts'
import type { ReplyInit } from '../reply.ts'
import type { GatewayComponents } from '../types.ts'
import type { Context, Hono } from 'hono'

export interface RouteComponents extends Omit<GatewayComponents, 'generator'>, ReplyInit {
  /** What answers one request: as far as whoever sent it may ask. */
  handlersFor (c: Context<Env>): HandlerComponents
  /** Aborted when the gateway stops: streams that have no end of their own end then. */
  readonly ended: AbortSignal
}

/** Adds the paths of one subject to the application. */
export type Routes = (app: Hono<Env>, components: RouteComponents) => void
