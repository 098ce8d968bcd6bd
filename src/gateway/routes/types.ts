import type { Env } from '../env.ts'
import type { HandlerComponents } from '../params.ts'
import type { ReplyInit } from '../reply.ts'
import type { GatewayComponents } from '../types.ts'
import type { Hono } from 'hono'

export interface RouteComponents extends GatewayComponents, Pick<HandlerComponents, 'answers' | 'maxPromptCharacters'>, ReplyInit {}

/** Adds the paths of one subject to the application. */
export type Routes = (app: Hono<Env>, components: RouteComponents) => void
