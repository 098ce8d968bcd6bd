/** The libp2p host and the swarm over it, as a node or as a client without layers has them. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createHost, loadPsk, pskOf, writePrivateFile, type Host } from '../p2p/index.ts'
import { writeFileAtomic } from '../store/index.ts'
import { createSwarm, swarmServices, type Swarm } from '../swarm/index.ts'
import type { DaemonConfig } from './config.ts'
import type { Logger } from './log.ts'

export { joinAll, lookAround } from '../client/index.ts'

export type NetworkConfig = Pick<DaemonConfig, 'data' | 'join' | 'psk'> & Partial<Pick<DaemonConfig, 'listen' | 'announce' | 'lan' | 'peers'>>

/** Saying goodbye to a DHT may find nobody to say it to: records end by themselves. */
export const GOODBYE_MS = 1_500

/**
 * The file with the private swarm's key, undefined where the swarm is open to all. What an invite brought is kept in the data folder, where
 * this machine's commands find it.
 */
export async function keyFileOf ({ data, join: targets, psk }: NetworkConfig): Promise<string | undefined> {
  if (psk != null) return resolve(psk)
  const brought = pskOf(targets)
  if (brought === undefined) return undefined
  const path = join(data, 'swarm.key')
  await writePrivateFile(path, brought)
  return path
}

/** Neither is started. `node` keeps its identity in the data folder and serves the DHT; `client` has a key for this run alone. */
export async function network (config: NetworkConfig, role: 'node' | 'client', log?: Pick<Logger, 'debug'>): Promise<{ host: Host, swarm: Swarm }> {
  // from the file, else from an invite that carries one
  const psk = config.psk == null ? pskOf(config.join) : await loadPsk(config.psk)
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
