import { once } from 'node:events'
import { connect } from 'node:net'
import { linesOf } from './lines.ts'
import { MAX_REPLY_BYTES, failure, replies, type ControlReply, type ControlRequest } from './messages.ts'
import { ControlError, UncontrolledError } from '../errors.ts'
import type { AbortOptions } from '@libp2p/interface'

const CONNECT_MS = 3000

/**
 * Asks the daemon that listens at a path, and gives its replies as they come.
 * @throws {UncontrolledError} nobody is reached there @throws {ControlError} what the daemon says against it
 */
export async function * askDaemon<Command extends ControlRequest['command']> (
  path: string, request: Extract<ControlRequest, { command: Command }>, { signal }: AbortOptions = {}
): AsyncGenerator<ControlReply<Command>> {
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
      for await (const line of linesOf(socket, MAX_REPLY_BYTES)) {
        const said: unknown = JSON.parse(line)
        const failed = failure.safeParse(said)
        // a trace has an error of its own: what fails says nothing else
        if (failed.success && Object.keys(said as object).length === 1) throw new ControlError(failed.data.error) // `as`: it was parsed as an object
        yield replies[request.command].parse(said) as ControlReply<Command> // the command's own schema
      }
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  } finally {
    socket.on('error', () => { /* nobody reads any more */ })
    socket.destroy()
  }
}
