/** The libp2p host and the swarm over it, as a node or as a client without layers has them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHost, decodeInvite, isInvite, loadPsk, type Host } from '../p2p/index.ts'
import { writeFileAtomic } from '../store/index.ts'
import { createSwarm, swarmServices, type NodeRecord, type Swarm } from '../swarm/index.ts'
import { ConfigError, JoinError } from './errors.ts'
import type { DaemonConfig } from './config.ts'
import type { Logger } from './log.ts'
import type { AbortOptions } from '@libp2p/interface'

export type NetworkConfig = Pick<DaemonConfig, 'data' | 'join' | 'psk'> & Partial<Pick<DaemonConfig, 'listen' | 'announce' | 'lan' | 'peers'>>

/** Saying goodbye to a DHT may find nobody to say it to: records end by themselves. */
export const GOODBYE_MS = 1_500

/** The private swarm's key: from the file, else from an invite that carries one. */
async function swarmKey ({ join: targets, psk }: NetworkConfig): Promise<Uint8Array | undefined> {
  if (psk != null) return await loadPsk(psk)
  const keys = targets.filter(isInvite).flatMap((invite) => decodeInvite(invite).psk ?? [])
  const [first] = keys
  if (first != null && keys.some((key) => Buffer.compare(key, first) !== 0)) throw new ConfigError('the invites carry keys of different private swarms; join one')
  return first
}

/** Neither is started. `node` keeps its identity in the data folder and serves the DHT; `client` has a key for this run alone. */
export async function network (config: NetworkConfig, role: 'node' | 'client', log?: Pick<Logger, 'debug'>): Promise<{ host: Host, swarm: Swarm }> {
  const psk = await swarmKey(config)
  const services = swarmServices({ client: role === 'client' })
  const host = await createHost({
    services: services.services,
    ...(psk == null ? {} : { psk }),
    ...(role === 'client'
      ? { listen: [] }
      : {
          keyFile: join(config.data, 'key'),
          lan: config.lan === true,
          relayServer: true,
          ...(config.peers == null ? {} : { access: config.peers, quotas: config.peers }),
          announce: config.announce ?? [],
          ...(config.listen == null ? {} : { listen: config.listen })
        })
  })
  const swarm = createSwarm({ host, services, ...(role === 'client' ? {} : { sequence: sequenceFile(join(config.data, 'sequence')) }) }, {
    onError: (context, error) => { log?.debug({ error: error instanceof Error ? error.message : String(error) }, context) }
  })
  return { host, swarm }
}

/** The sequence of this node's last record: a restarted node's must be higher. Without the file the clock decides. */
function sequenceFile (path: string): { load (): Promise<bigint>, save (seq: bigint): Promise<void> } {
  return {
    load: async () => {
      const text = await readFile(path, 'utf8').catch(() => '0')
      return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n
    },
    save: async (seq) => { await writeFileAtomic(path, String(seq)) }
  }
}

/** Records as the DHT has them, as far as they come within the time; those known already in any case. */
export async function lookAround (swarm: Pick<Swarm, 'refresh' | 'nodes'>, { modelId, source, timeoutMs, signal }: AbortOptions & { readonly modelId?: string, readonly source?: string, readonly timeoutMs: number }): Promise<readonly NodeRecord[]> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    await swarm.refresh({ signal: signal == null ? timeout : AbortSignal.any([signal, timeout]), ...(modelId == null ? {} : { modelId }), ...(source == null ? {} : { source }) })
  } catch (error) {
    signal?.throwIfAborted()
    if (!timeout.aborted) throw error
  }
  return swarm.nodes()
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
