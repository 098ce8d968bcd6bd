/** What the commands on this machine and its daemon say to one another: one request a connection, one JSON object a line. */
import { z } from 'zod'
import { overviewSchema } from './overview.ts'
import { traceSchema } from '../traces.ts'

/** A day: what the command line takes. */
const MAX_DRAIN_MS = 86_400_000
/** No request is longer. */
export const MAX_REQUEST_BYTES = 4096
/** No reply is longer: a large swarm has thousands of nodes. */
export const MAX_REPLY_BYTES = 16 * 1024 * 1024
const MAX_TRACES = 1000

export const controlRequest = z.discriminatedUnion('command', [
  /** Without a time the node's own drain timeout holds. */
  z.object({ command: z.literal('stop'), drainTimeoutMs: z.number().min(0).max(MAX_DRAIN_MS).optional() }),
  z.object({ command: z.literal('pause') }),
  z.object({ command: z.literal('resume') }),
  z.object({ command: z.literal('status') }),
  /** One reply a trace, the newest first; with an id, those that it names. */
  z.object({ command: z.literal('traces'), id: z.string().max(256).optional(), last: z.int().min(1).max(MAX_TRACES).optional() }),
  /** What the node sees, once. */
  z.object({ command: z.literal('overview') })
])

const status = z.object({
  phase: z.enum(['serving', 'paused', 'stopping']),
  /** Whether the request made a difference. */
  changed: z.boolean(),
  /** Answers that this node still works on. */
  left: z.int().min(0),
  /** How long they may take when the node stops. */
  drainTimeoutMs: z.number().min(0),
  /** The last word of a stop: whether all answers were done or handed over in time. */
  drained: z.boolean().optional()
})

/** What is replied to each command. */
export const replies = { stop: status, pause: status, resume: status, status, traces: traceSchema, overview: overviewSchema }
export const failure = z.object({ error: z.string() })

export type ControlRequest = z.infer<typeof controlRequest>
export type ControlReply<Command extends ControlRequest['command'] = ControlRequest['command']> = z.infer<(typeof replies)[Command]>
export type NodeStatus = z.infer<typeof status>
