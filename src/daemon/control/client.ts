import { once } from 'node:events'
import { connect } from 'node:net'
import { linesOf } from './lines.ts'
import { controlReply, type ControlRequest, type NodeStatus } from './messages.ts'
import { ControlError, UncontrolledError } from '../errors.ts'
import type { AbortOptions } from '@libp2p/interface'

const CONNECT_MS = 3000

/**
 * Asks the daemon that listens at a path, and gives its replies as they come.
 * @throws {UncontrolledError} nobody is reached there @throws {ControlError} what the daemon says against it
 */
export async function * askDaemon (path: string, request: ControlRequest, { signal }: AbortOptions = {}): AsyncGenerator<NodeStatus> {
  const socket = connect(path)
  try {
    const timeout = AbortSignal.timeout(CONNECT_MS)
    await once(socket, 'connect', { signal: signal == null ? timeout : AbortSignal.any([signal, timeout]) }).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw new UncontrolledError(path, { cause: error })
    })
    const cancel = (): void => { socket.destroy(signal?.reason instanceof Error ? signal.reason : new Error('cancelled')) }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      socket.write(`${JSON.stringify(request)}\n`)
      for await (const line of linesOf(socket)) {
        const reply = controlReply.parse(JSON.parse(line))
        if ('error' in reply) throw new ControlError(reply.error)
        yield reply
      }
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  } finally {
    socket.on('error', () => { /* nobody reads any more */ })
    socket.destroy()
  }
}
