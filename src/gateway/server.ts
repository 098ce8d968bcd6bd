import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { isLoopback } from './access.ts'
import { gatewayApp } from './app.ts'
import { callers } from './callers.ts'
import { loadCertificate, watchCertificate } from './certificate.ts'
import { connections } from './connections.ts'
import { ListenError } from './errors.ts'
import { isOpen } from './gate.ts'
import type { Refusals } from './refusals.ts'
import type { Gateway, GatewayComponents, GatewayInit } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { Duplex } from 'node:stream'

/** How many ports after a taken default one are tried. */
const PORTS = 16
const SWEEP_MS = 50

/** What a client gets at most: time, bytes and connections. docs/OPERATING.md lists them. */
const LIMITS: ServerOptions = {
  /** For all headers; a connection that is silent from the start has as long. */
  headersTimeout: 10_000,
  /** For a request with its body; behind the body's own deadline, which can say so. */
  requestTimeout: 60_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16 * 1024,
  requireHostHeader: true,
  insecureHTTPParser: false
}
const MAX_HEADERS = 100
const HANDSHAKE_MS = 10_000
/** From an answer that came before its request was whole to the end of the connection. */
const SEE_ANSWER_MS = 500
const MAX_CONNECTIONS = 4096
/** More than come at once in one turn of the event loop (Node's backlog of 511), so that who sends at once is heard. */
const MAX_WAITING = 1024
const MAX_WAITING_PER_ADDRESS = 128

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
 * What is left of a body when its request is answered already (refused, most likely) is not read: Node would read all of it, to be ready for the
 * next request. The client has a moment to see the answer before the connection is cut.
 */
function leaveUnread (request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['content-length'] == null && request.headers['transfer-encoding'] == null) return
  // Node leaves a body alone that somebody began to read; it takes in no more of it than a stream's buffer
  request.read(0)
  response.once('finish', () => {
    if (request.complete) {
      request.resume()
      return
    }
    request.pause()
    const cut = setTimeout(() => { request.socket.destroy() }, SEE_ANSWER_MS)
    request.once('close', () => { clearTimeout(cut) })
  })
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large'
}

interface RefuseComponents {
  readonly refusals: Refusals
  isProxy (address: string): boolean
  /** An answer is on its way over the socket. */
  isAnswering (socket: Duplex): boolean
}

/** Answers what is no HTTP as Node does, but later to one who sends it again and again. */
async function refuse (error: Error, socket: Duplex, { refusals, isProxy, isAnswering }: RefuseComponents): Promise<void> {
  const address = socket instanceof Socket ? socket.remoteAddress ?? '' : ''
  socket.pause()
  if (address !== '' && !isProxy(address)) await refusals.refused(address)
  // nothing is put into the middle of an answer
  if (!socket.writable || isAnswering(socket)) {
    socket.destroy()
    return
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  socket.end(`HTTP/1.1 ${UNREADABLE[code] ?? '400 Bad Request'}\r\nconnection: close\r\n\r\n`, () => { socket.destroy() })
}

/** Over TLS where there is a certificate, which is read anew when its files change. */
async function serverFor ({ tls }: GatewayInit, { logger }: GatewayComponents, listener: RequestListener): Promise<{ server: Server, unwatch: () => void }> {
  if (tls == null) return { server: createServer(LIMITS, listener), unwatch: () => { /* nothing is watched */ } }
  const server = createTlsServer({ ...LIMITS, ...await loadCertificate(tls), handshakeTimeout: HANDSHAKE_MS }, listener)
  // who speaks no TLS is nobody's trouble
  server.on('tlsClientError', (_error, socket) => { socket.destroy() })
  const unwatch = watchCertificate(tls, {
    lookEveryMs: tls.lookEveryMs,
    onChange: (certificate) => {
      server.setSecureContext(certificate)
      logger.info({}, 'the certificate was read anew')
    },
    onError: (error) => { logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'the certificate changed and can\'t be used; the one before is') }
  })
  return { server, unwatch }
}

/**
 * Starts the gateway.
 * @throws {ListenError} the address is taken, or open to others and there is no key, or the certificate is wrong
 */
export async function startGateway (components: GatewayComponents, init: GatewayInit): Promise<Gateway> {
  const { host } = init
  if (isOpen(init) && (init.apiKeys ?? []).length === 0 && (components.keys?.keys() ?? []).length === 0) {
    throw new ListenError(`${isLoopback(host) ? 'a proxy' : host} can be reached by other machines: make a key for each of them with \`shoal keys add\`, or set SHOAL_API_KEY, or use 127.0.0.1${isLoopback(host) ? ' without --trusted-proxy' : ''}`)
  }
  const { app, close, refusals } = gatewayApp(components, init)
  const answer = getRequestListener(app.fetch, { autoCleanupIncoming: false })
  const proxies = callers(init.trustedProxies)
  const room = connections({
    maxWaiting: init.maxWaiting ?? MAX_WAITING,
    maxWaitingPerAddress: init.maxWaitingPerAddress ?? MAX_WAITING_PER_ADDRESS,
    isMany: (address) => isLoopback(address.replace(/^::ffff:/i, '')) || proxies.isProxy(address)
  })
  const answering = new WeakSet<Duplex>()
  const { server, unwatch } = await serverFor(init, components, (request, response) => {
    answering.add(request.socket)
    response.once('close', () => { answering.delete(request.socket) })
    room.asked(request, response)
    leaveUnread(request, response)
    void answer(request, response)
  })
  server.maxHeadersCount = MAX_HEADERS
  server.maxConnections = MAX_CONNECTIONS
  server.on('connection', room.opened)
  server.on('clientError', (error, socket) => { void refuse(error, socket, { refusals, isProxy: proxies.isProxy, isAnswering: (each) => answering.has(each) }) })
  for (let port = init.port; ; port++) {
    try {
      await listen(server, host, port)
      break
    } catch (error) {
      if (init.moveOn !== true || !isTaken(error) || port >= init.port + PORTS) {
        unwatch()
        throw error
      }
    }
  }
  const address = server.address()
  const port = typeof address === 'object' && address != null ? address.port : init.port
  return {
    url: `${init.tls == null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: async ({ signal }: AbortOptions = {}) => {
      unwatch()
      const closed = once(server, 'close')
      const cut = (): void => { server.closeAllConnections() }
      close()
      server.close()
      server.closeIdleConnections()
      room.end()
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
