import type { ControlRequest, NodeStatus } from './control/index.ts'
import type { Departure } from './departure.ts'

const SAY_EVERY_MS = 250

/** Does what the commands on this machine ask for, and tells how it goes. */
export async function * obey (node: Departure, request: ControlRequest): AsyncGenerator<NodeStatus> {
  switch (request.command) {
    case 'status':
      yield node.status()
      return
    case 'pause':
      yield node.status(node.pause())
      return
    case 'resume':
      yield node.status(node.resume())
      return
    case 'stop': {
      let over = false
      // it goes on when whoever asked is gone
      const stopped = node.stop({ drainTimeoutMs: request.drainTimeoutMs }).finally(() => { over = true })
      while (!over) {
        yield node.status(true)
        let timer: NodeJS.Timeout | undefined
        await Promise.race([stopped, new Promise((resolve) => { timer = setTimeout(resolve, SAY_EVERY_MS) })])
        clearTimeout(timer)
      }
      yield { ...node.status(true), drained: await stopped }
    }
  }
}
