import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { checkedAddress } from './addresses.ts'
import { PortInUseError } from './errors.ts'

/** Where a node listens when nobody says otherwise; and at relays that it comes to know, for those who can't reach it. */
export const DEFAULT_LISTEN = ['/ip4/0.0.0.0/tcp/4484', '/ip4/0.0.0.0/tcp/4485/ws', '/ip4/0.0.0.0/udp/4486/webrtc-direct', '/p2p-circuit']

/**
 * Addresses whose ports are free: a default port that is taken gives way to any other, one that was asked for is an error.
 * @throws {BadAddressError} @throws {PortInUseError}
 */
export async function listenAddresses (asked: readonly string[] | undefined): Promise<string[]> {
  return await Promise.all((asked ?? DEFAULT_LISTEN).map(async (address) => {
    checkedAddress(address)
    const components = multiaddr(address).getComponents()
    const valueOf = (name: string): string | undefined => components.find((component) => component.name === name)?.value
    const host = valueOf('ip4') ?? valueOf('ip6')
    const transport = valueOf('tcp') == null ? 'udp' : 'tcp'
    const port = Number(valueOf(transport) ?? 0)
    // an address behind a relay has the relay's port
    if (host == null || port === 0 || address.includes('/p2p-circuit') || await isFree(transport, host, port)) {
      return address
    }
    if (asked != null) {
      throw new PortInUseError(`port ${port} (${transport}) is taken; choose another with --listen, or end the program that has it`)
    }
    return address.replace(`/${transport}/${port}`, `/${transport}/0`)
  }))
}

async function isFree (transport: 'tcp' | 'udp', host: string, port: number): Promise<boolean> {
  try {
    if (transport === 'tcp') {
      const server = createServer()
      server.listen(port, host)
      await once(server, 'listening')
      server.close()
      await once(server, 'close')
    } else {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
      socket.bind(port, host)
      await once(socket, 'listening')
      socket.close()
      await once(socket, 'close')
    }
    return true
  } catch {
    return false
  }
}
