/**
 * A TCP proxy in front of a node: it counts what passes, and can make the line longer. Bandwidth is not touched: pieces are
 * under way at once, bounded by what the sockets and `maxUnderWayBytes` take.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { delayQueue } from './delay-queue.ts'

export interface Proxy {
  readonly port: number
  /** Bytes towards the node, and from it. */
  passed (): { readonly there: number, readonly back: number }
  setDelay (oneWayMs: number): void
  /** Nothing passes until it is let go on; connections stay open. */
  hold (wanted: boolean): void
  /** Ends every connection; new ones may come. */
  cut (): void
  close (): void
}

export interface ProxyInit {
  /** In each direction of a connection. @default 64 MiB */
  readonly maxUnderWayBytes?: number
}

const MAX_UNDER_WAY_BYTES = 64 * 1024 * 1024
/** Timers are this coarse: the rest is waited for in turns of the event loop. */
const TIMER_MS = 1

/** @param port of the node, on loopback */
export async function proxyTo (port: number, { maxUnderWayBytes = MAX_UNDER_WAY_BYTES }: ProxyInit = {}): Promise<Proxy> {
  let there = 0
  let back = 0
  let delayMs = 0
  let held = false
  /** What goes on when nothing is held any more. */
  let waitingLines: Array<() => void> = []
  const sockets = new Set<Socket>()

  const line = (from: Socket, to: Socket, count: (bytes: number) => void): void => {
    const queue = delayQueue<Uint8Array | 'end'>(() => delayMs)
    let underWayBytes = 0
    let waiting = false
    let full = false
    const deliver = (): void => {
      waiting = false
      if (held) {
        waiting = true
        waitingLines.push(deliver)
        return
      }
      for (const item of queue.due(performance.now())) {
        if (item === 'end') {
          to.end()
          continue
        }
        underWayBytes -= item.byteLength
        if (!to.write(item) && !full) {
          full = true
          from.pause()
          to.once('drain', () => {
            full = false
            from.resume()
          })
        }
      }
      if (from.isPaused() && !to.writableNeedDrain && underWayBytes < maxUnderWayBytes) from.resume()
      wait()
    }
    const wait = (): void => {
      const next = queue.next()
      if (waiting || next == null || to.destroyed) return
      waiting = true
      const leftMs = next - performance.now()
      if (leftMs > TIMER_MS) setTimeout(deliver, Math.floor(leftMs - TIMER_MS / 2))
      else setImmediate(deliver)
    }
    const take = (item: Uint8Array | 'end'): void => {
      queue.push(item, performance.now())
      // without a delay nothing waits for the next turn
      if (delayMs === 0 && !waiting) deliver()
      else wait()
    }
    from.on('data', (bytes) => {
      count(bytes.length)
      underWayBytes += bytes.length
      take(bytes)
      if (underWayBytes >= maxUnderWayBytes) from.pause()
    })
    from.on('end', () => { take('end') })
    from.on('error', () => { to.destroy() })
    from.on('close', () => { sockets.delete(from) })
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const node = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, node]) {
      sockets.add(socket)
      socket.setNoDelay(true)
    }
    line(client, node, (bytes) => { there += bytes })
    line(node, client, (bytes) => { back += bytes })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address == null || typeof address === 'string') throw new Error('a TCP server has a port')
  return {
    port: address.port,
    passed: () => ({ there, back }),
    setDelay: (oneWayMs) => { delayMs = oneWayMs },
    hold: (wanted) => {
      held = wanted
      if (held) return
      const lines = waitingLines
      waitingLines = []
      lines.forEach((goOn) => { goOn() })
    },
    cut: () => { sockets.forEach((socket) => { socket.destroy() }) },
    close: () => {
      server.close()
      sockets.forEach((socket) => { socket.destroy() })
    }
  }
}

/** Below those that systems give to connections and to whoever listens at 0: nobody else takes one meanwhile. */
const [FIRST_PORT, PORTS] = [20_000, 12_000]
const TRIES = 100

/** A port that was free a moment ago. */
export async function freePort (): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch {
      continue
    }
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error(`none of ${TRIES} ports is free`)
}
