/** What the commands on this machine and its daemon say to one another: one request a connection, one JSON object a line. */
import { z } from 'zod'

/** A day: what the command line takes. */
const MAX_DRAIN_MS = 86_400_000
/** No line is longer, in either direction. */
export const MAX_LINE_BYTES = 4096

export const controlRequest = z.discriminatedUnion('command', [
  /** Without a time the node's own drain timeout holds. */
  z.object({ command: z.literal('stop'), drainTimeoutMs: z.number().min(0).max(MAX_DRAIN_MS).optional() }),
  z.object({ command: z.literal('pause') }),
  z.object({ command: z.literal('resume') }),
  z.object({ command: z.literal('status') })
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

export const controlReply = z.union([status, z.object({ error: z.string() })])

export type ControlRequest = z.infer<typeof controlRequest>
export type NodeStatus = z.infer<typeof status>
