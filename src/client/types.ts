import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'
import type { Host } from '../p2p/index.ts'
import type { Swarm } from '../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface ThinClientComponents {
  readonly host: Pick<Host, 'open'>
  readonly swarm: Pick<Swarm, 'nodes' | 'refresh' | 'roundTripMs' | 'onChange'>
}

export interface ThinClientInit {
  /** How long a coordinator may take to be reached. @default 5,000 */
  readonly dialTimeoutMs?: number
  /** How long a coordinator may say nothing at all (it beats every 500 ms). @default 2,500 */
  readonly silenceMs?: number
  /** How long another coordinator is looked for where an answer that has begun has lost its own. @default 10,000 */
  readonly goOnMs?: number
}

export interface AskOptions extends AbortOptions {
  /** Told whenever a coordinator has been reached and is asked. */
  readonly onCoordinator?: (peerId: string) => void
}

/** Asks somebody else's coordinator: an online holder of the model's layer 0, nearest first; of those as near, any one, but always the same. */
export interface ThinClient {
  /**
   * The next coordinator is tried where one can't be reached, has no capacity or is lost; an answer that had begun goes on there, by its
   * ids, and `repaired` says so. Only a prompt that is scored is not gone on with.
   * @throws the errors of `Coordinator.generate`, as the coordinator told them
   */
  generate (request: GenerateRequest, options?: AskOptions): AsyncIterable<GenerateEvent>
}
