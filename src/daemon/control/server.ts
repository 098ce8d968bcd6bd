import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { linesOf } from './lines.ts'
import { MAX_REQUEST_BYTES, controlRequest, type ControlReply, type ControlRequest } from './messages.ts'
import { controlPath } from './path.ts'

/** Listens for the commands of this machine's user. */
export interface ControlServer {
  readonly path: string
  /** Lets replies under way be read, for a moment, and closes. */
  stop (): Promise<void>
}

/** Replies to a request, one after another; what it throws is told. */
export type ControlHandler = (request: ControlRequest) => AsyncIterable<ControlReply>

const REQUEST_MS = 5000
const MAX_CONNECTIONS = 32
const LAST_WORDS_MS = 500

/** @throws where no socket can be made: the caller has the lock of the data folder, so whatever lies at its path is left over */
export async function controlServer (folder: string, handle: ControlHandler): Promise<ControlServer> {
  const path = await controlPath(folder)
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => { open.delete(socket) })
    // whoever asked may be gone before the answer
    socket.on('error', () => { socket.destroy() })
    socket.setTimeout(REQUEST_MS, () => { socket.destroy() })
    void answer(socket, handle)
  })
  server.maxConnections = MAX_CONNECTIONS
  if (process.platform !== 'win32') await rm(path, { force: true })
  await listen(server, path)
  return {
    path,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      const late = setTimeout(() => { for (const socket of open) socket.destroy() }, LAST_WORDS_MS)
      await closed
      clearTimeout(late)
    }
  }
}

/** The socket is the user's alone from its first moment on: it is made in the call, under that mask. */
async function listen (server: Server, path: string): Promise<void> {
  const before = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
}

async function answer (socket: Socket, handle: ControlHandler): Promise<void> {
  const say = (reply: object): void => { if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`) }
  try {
    for await (const line of linesOf(socket, MAX_REQUEST_BYTES)) {
      // what it asked for may take long
      socket.setTimeout(0)
      for await (const reply of handle(parse(line))) say(reply)
      // one request a connection
      break
    }
  } catch (error) {
    say({ error: error instanceof Error ? error.message : 'it failed' })
  } finally {
    socket.end()
  }
}

function parse (line: string): ControlRequest {
  try {
    return controlRequest.parse(JSON.parse(line))
  } catch (error) {
    throw new Error('this node does not know the request; is it of another version?', { cause: error })
  }
}
