/** How the client commands come to a swarm: through --join, or through the node on this machine. */
import type { Context } from './command.ts'
import type { SwarmClient } from '../daemon/index.ts'

export interface JoinOptions {
  readonly join?: string[]
  readonly psk?: string
}

/** Joins as a node without layers for as long as `use` runs. */
export async function withSwarm (context: Context, { join = [], psk }: JoinOptions, use: (swarm: SwarmClient) => Promise<void>): Promise<void> {
  const { joinSwarm } = await import('../daemon/index.ts')
  const swarm = await joinSwarm({
    data: context.data,
    join,
    psk,
    signal: context.signal,
    onNote: context.out.note
  })
  try {
    await use(swarm)
  } finally {
    await swarm.close()
  }
}
