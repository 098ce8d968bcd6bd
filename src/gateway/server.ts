import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { isLoopback } from './access.ts'
import { gatewayApp } from './app.ts'
import { ListenError } from './errors.ts'
import type { Gateway, GatewayComponents, GatewayInit } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

/** How many ports after a taken default one are tried. */
const PORTS = 16
const SWEEP_MS = 50

async function listen (server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port })
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new ListenError(`${host}:${port} ${describe(error)}`, { cause: error })
  }
}

function describe (error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'is taken by another program; give another port with --http HOST:PORT, or --http off'
  if (code === 'EACCES') return 'is not allowed for this user; give a port from 1024 up with --http HOST:PORT'
  return 'is no address of this machine; give one with --http HOST:PORT'
}

const isTaken = (error: unknown): boolean =>
  error instanceof ListenError && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'EADDRINUSE'

/**
 * Starts the gateway.
 * @throws {ListenError} the address is taken, or open to others and there is no key
 */
export async function startGateway (components: GatewayComponents, init: GatewayInit): Promise<Gateway> {
  const { host } = init
  if (!isLoopback(host) && (init.apiKeys ?? []).length === 0) {
    throw new ListenError(`${host} can be reached by other machines: set SHOAL_API_KEY to the key that they must send, or use 127.0.0.1`)
  }
  const ending = new AbortController()
  const app = gatewayApp(components, { ...init, ended: ending.signal })
  const answer = getRequestListener(app.fetch)
  const server = createServer((request, response) => { void answer(request, response) })
  for (let port = init.port; ; port++) {
    try {
      await listen(server, host, port)
      break
    } catch (error) {
      if (init.moveOn !== true || !isTaken(error) || port >= init.port + PORTS) throw error
    }
  }
  const address = server.address()
  const port = typeof address === 'object' && address != null ? address.port : init.port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: async ({ signal }: AbortOptions = {}) => {
      const closed = once(server, 'close')
      ending.abort()
      const cut = (): void => { server.closeAllConnections() }
      server.close()
      server.closeIdleConnections()
      // A connection whose answer ends later would be kept for its client's next request.
      const sweep = setInterval(() => { server.closeIdleConnections() }, SWEEP_MS)
      signal?.addEventListener('abort', cut, { once: true })
      if (signal?.aborted === true) cut()
      await closed
      clearInterval(sweep)
      signal?.removeEventListener('abort', cut)
    }
  }
}
