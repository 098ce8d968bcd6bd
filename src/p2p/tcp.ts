import { tcp } from '@libp2p/tcp'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import type { Socket } from 'node:net'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What of a connection of `@libp2p/tcp` (11.0.28) is used here. */
interface SocketConnection {
  readonly socket: Socket
  sendData (data: Uint8ArrayList): { readonly sentBytes: number, readonly canSendMore: boolean }
}

/** Bytes in a socket from which on senders are to wait. Node's own 16 KiB would stop them after every frame of weights. */
const HIGH_WATER_BYTES = 256 * 1024

const hasSocket = (connection: object): connection is SocketConnection => 'socket' in connection && 'sendData' in connection

/**
 * libp2p writes every buffer of a message by a call of its own: length, header, body and tag of an encrypted frame go to the system, and
 * to the network, as four or five packets. Here they go as one.
 */
function wholeWrites (connection: MultiaddrConnection): void {
  if (!hasSocket(connection)) return
  const { socket } = connection
  connection.sendData = (data) => {
    socket.cork()
    for (const bytes of data) socket.write(bytes)
    socket.uncork()
    return { sentBytes: data.byteLength, canSendMore: socket.writableLength < HIGH_WATER_BYTES }
  }
}

const withWholeWrites = (upgrader: Upgrader): Upgrader => Object.assign(Object.create(upgrader) as Upgrader, {
  upgradeInbound: async (...[connection, options]: Parameters<Upgrader['upgradeInbound']>) => {
    wholeWrites(connection)
    await upgrader.upgradeInbound(connection, options)
  },
  upgradeOutbound: async (...[connection, options]: Parameters<Upgrader['upgradeOutbound']>) => {
    wholeWrites(connection)
    return await upgrader.upgradeOutbound(connection, options)
  }
})

/** libp2p's TCP, a frame a write. */
export function tcpTransport (): ReturnType<typeof tcp> {
  return (components) => {
    const transport: Transport = tcp()(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    transport.dial = async (address, options) => await dial(address, { ...options, upgrader: withWholeWrites(options.upgrader) })
    transport.createListener = (options) => createListener({ ...options, upgrader: withWholeWrites(options.upgrader) })
    return transport
  }
}
