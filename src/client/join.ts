import { JoinError } from './errors.ts'
import type { Host } from '../p2p/index.ts'
import type { Look, Swarm } from '../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** What the DHT has, as far as it comes within the time; what is known already in any case. */
export async function lookAround (swarm: Pick<Swarm, 'refresh' | 'nodes'>, { modelId, source, timeoutMs, signal }: AbortOptions & { readonly modelId?: string, readonly source?: string, readonly timeoutMs: number }): Promise<Look> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const { isWhole } = await swarm.refresh({ signal: signal == null ? timeout : AbortSignal.any([signal, timeout]), ...(modelId == null ? {} : { modelId }), ...(source == null ? {} : { source }) })
    return { nodes: swarm.nodes(), isWhole }
  } catch (error) {
    signal?.throwIfAborted()
    if (!timeout.aborted) throw error
    return { nodes: swarm.nodes(), isWhole: false }
  }
}

/** Joins at least one; resolves with the peer ids that answered. @throws {JoinError} none did */
export async function joinAll (host: Pick<Host, 'join'>, targets: readonly string[], options: AbortOptions): Promise<string[]> {
  const results = await Promise.allSettled(targets.map(async (target) => await host.join(target, options)))
  options.signal?.throwIfAborted()
  const peers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (targets.length > 0 && peers.length === 0) {
    const [first] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    if (first instanceof Error && first.name === 'BadAddressError') throw first
    throw new JoinError(`no node could be joined: ${first instanceof Error ? first.message : String(first)}`, { cause: first })
  }
  return peers
}
