/**
 * Connections that have not brought a whole request: opened and silent, slow, or kept for a next one. They cost memory and ask for
 * nothing, so there is room for so many of them, and where one too many comes the oldest goes. Whoever sends a request at once is
 * never the oldest.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionsInit {
  /** Connections without a request, of all addresses. */
  readonly maxWaiting: number
  /** And of one. */
  readonly maxWaitingPerAddress: number
  /** Addresses that only the first bound is for: this machine, and proxies that stand for many. */
  isMany (address: string): boolean
}

export interface Connections {
  opened (socket: Socket): void
  asked (request: IncomingMessage, response: ServerResponse): void
  readonly waiting: number
  /** Ends those that wait. */
  end (): void
}

const keyOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`

export function connections ({ maxWaiting, maxWaitingPerAddress, isMany }: ConnectionsInit): Connections {
  /** By address, oldest first. */
  const waiting = new Map<string, Set<Socket>>()
  /** A TLS connection's requests come by another socket, with the same ends. */
  const open = new Map<string, Socket>()
  let count = 0

  function add (address: string, socket: Socket): void {
    const own = waiting.get(address) ?? new Set()
    waiting.set(address, own)
    if (own.has(socket)) return
    own.add(socket)
    count++
    if (own.size > maxWaitingPerAddress && !isMany(address)) cutOldest(address)
    else if (count > maxWaiting) cutOldest(busiest() ?? address)
  }

  function remove (address: string, socket: Socket): void {
    const own = waiting.get(address)
    if (own?.delete(socket) !== true) return
    count--
    if (own.size === 0) waiting.delete(address)
  }

  function cutOldest (address: string): void {
    const [oldest] = waiting.get(address) ?? []
    if (oldest == null) return
    remove(address, oldest)
    oldest.destroy()
  }

  /** The address that has most of them. */
  function busiest (): string | undefined {
    let found: string | undefined
    let most = 0
    for (const [address, { size }] of waiting) {
      if (size > most) [found, most] = [address, size]
    }
    return found
  }

  return {
    get waiting () { return count },
    opened (socket) {
      const { remoteAddress } = socket
      if (remoteAddress == null) return
      const key = keyOf(socket)
      open.set(key, socket)
      add(remoteAddress, socket)
      socket.once('close', () => {
        if (open.get(key) === socket) open.delete(key)
        remove(remoteAddress, socket)
      })
    },
    asked (request, response) {
      const socket = open.get(keyOf(request.socket))
      const address = socket?.remoteAddress
      if (socket == null || address == null) return
      const works = (): void => { remove(address, socket) }
      // without one of these there is no body
      if (request.headers['content-length'] == null && request.headers['transfer-encoding'] == null) works()
      else request.once('end', works)
      response.once('close', () => {
        request.off('end', works)
        if (!socket.destroyed) add(address, socket)
      })
    },
    end () {
      for (const own of waiting.values()) {
        for (const socket of own) socket.destroySoon()
      }
    }
  }
}
