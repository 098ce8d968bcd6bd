import { once } from 'node:events'
import { dcutr, type DCUtRServiceComponents } from '@libp2p/dcutr'
import type { Connection } from '@libp2p/interface'

type Registrar = DCUtRServiceComponents['registrar']

/** What links' protocols begin with. The DHT's streams, which do so too, last for one question. */
const OWN_PROTOCOLS = '/shoal/'

/**
 * DCUtR: a direct connection in place of a relayed one, where one of the two can be reached. As soon as it stands, libp2p's
 * closes the relayed one and with it what is under way there, so the links on it are let come to their end first; new ones
 * take the direct connection.
 */
export function directUpgrade (): (components: DCUtRServiceComponents) => unknown {
  const make = dcutr()
  // heirs, not copies: components that are not made yet are looked up when they are used
  return (components) => make(Object.create(components, { registrar: { get: () => lenient(components.registrar) } }) as DCUtRServiceComponents)
}

function lenient (registrar: Registrar): Registrar {
  const register: Registrar['register'] = async (protocol, topology, options) => await registrar.register(protocol, {
    ...topology,
    onConnect: (peer, connection) => topology.onConnect?.(peer, closedWhenFree(connection))
  }, options)
  const handle: Registrar['handle'] = async (protocol, handler, options) => {
    await registrar.handle(protocol, (stream, connection) => handler(stream, closedWhenFree(connection)), options)
  }
  return Object.create(registrar, { register: { value: register }, handle: { value: handle } }) as Registrar
}

/** The same connection, whose `close` asks for the end of it and does not wait. */
function closedWhenFree (connection: Connection): Connection {
  const close = async (): Promise<void> => {
    for (let busy = links(connection); busy.length > 0; busy = links(connection)) {
      await Promise.all(busy.map(async (stream) => { await once(stream, 'close') }))
    }
    await connection.close()
  }
  const asked = async (): Promise<void> => {
    close().catch((error: unknown) => { connection.abort(error instanceof Error ? error : new Error(String(error))) })
    await Promise.resolve()
  }
  return Object.create(connection, { close: { value: asked } }) as Connection
}

const links = ({ streams }: Connection): Connection['streams'] => streams.filter(({ protocol, status }) => protocol.startsWith(OWN_PROTOCOLS) && (status === 'open' || status === 'closing'))
