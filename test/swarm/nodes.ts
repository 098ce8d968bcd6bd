import { createHost, type Host } from '../../src/p2p/index.ts'
import { createSwarm, swarmServices, type Swarm, type SwarmServices } from '../../src/swarm/index.ts'
import { MODEL } from './description.ts'

export interface Node {
  readonly host: Host
  readonly swarm: Swarm
  readonly services: SwarmServices
  readonly errors: string[]
}

export interface NodeInit {
  readonly join?: readonly Host[]
  readonly client?: boolean
  readonly gossip?: boolean
  readonly now?: () => number
  readonly loadEveryMs?: number
}

/** Nodes on loopback without mDNS, and without gossip unless it is asked for. */
export async function startNode ({ join = [], client = false, gossip = false, now = Date.now, loadEveryMs = 10_000 }: NodeInit = {}): Promise<Node> {
  const services = swarmServices({ client, gossip, now })
  const host = await createHost({ listen: client ? [] : ['/ip4/127.0.0.1/tcp/0'], services: services.services })
  const errors: string[] = []
  const swarm = createSwarm({ host, services }, { loadEveryMs, onError: (context, error) => errors.push(`${context}: ${String(error)}`) })
  await host.start()
  await swarm.start()
  for (const other of join) {
    await host.join(other.addresses()[0] ?? '')
  }
  // what a node says of itself has to be true: others dial it there
  return { host, swarm: { ...swarm, publish: async (described) => { await swarm.publish({ ...described, addresses: host.addresses() }) } }, services, errors }
}

/** Asks again until so many nodes of the model are known: records need a moment to be put. */
export async function findNodes ({ swarm, errors }: Node, count: number): Promise<string[]> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { nodes: found } = await swarm.refresh({ modelId: MODEL })
    if (found.length >= count) {
      return found.map(({ name }) => name).sort()
    }
  }
  throw new Error(`only ${swarm.nodes().length} of ${count} nodes were found: ${errors.slice(-5).join('; ')}`)
}
