/** Keeps what others know of this node up to date. */
import { describeSelf, type SelfInit, type SelfState } from './self-description.ts'
import type { Logger } from './log.ts'
import type { NodeDescription, NodeRecord, Swarm } from '../swarm/index.ts'

export interface Publisher {
  /** Publishes and waits for it. @throws what the swarm throws */
  now (state: SelfState): Promise<void>
  /** Publishes without waiting; a failure is logged: the swarm repeats records by itself. */
  soon (state: SelfState): void
  /** Publishes what `state` gives whenever that has changed. */
  keepUp (state: () => SelfState): void
  /** This node's record as others would see it, whether or not it came back from the DHT. */
  record (peerId: string, state: SelfState): NodeRecord
  stop (): Promise<void>
}

const LOOK_EVERY_MS = 2_000
const RECORD_LIFE_MS = 150_000

export function publisher (swarm: Pick<Swarm, 'publish'>, self: SelfInit, log: Logger): Publisher {
  let timer: NodeJS.Timeout | undefined
  let last = ''
  // One after another: a later state must not be overtaken by an earlier one.
  let queue: Promise<void> = Promise.resolve()

  const publish = async (description: NodeDescription): Promise<void> => {
    last = JSON.stringify(description)
    const before = queue.catch(() => { /* whoever asked for it was told */ })
    queue = before.then(async () => { await swarm.publish(description) })
    await queue
  }
  const soon = (description: NodeDescription): void => {
    publish(description).catch((error: unknown) => { log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the record could not be published') })
  }

  return {
    now: async (state) => { await publish(describeSelf(self, state)) },
    soon: (state) => { soon(describeSelf(self, state)) },
    keepUp: (state) => {
      timer = setInterval(() => {
        const description = describeSelf(self, state())
        if (JSON.stringify(description) !== last) soon(description)
      }, LOOK_EVERY_MS)
    },
    record: (peerId, state) => ({ ...describeSelf(self, state), peerId, seq: 0n, expiresAtMs: Date.now() + RECORD_LIFE_MS }),
    stop: async () => {
      clearInterval(timer)
      await queue.catch(() => { /* logged, or thrown to whoever asked */ })
    }
  }
}
