import type { multiaddr } from '@multiformats/multiaddr'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'

type Multiaddr = ReturnType<typeof multiaddr>

/** Connections beside the ordinary ones, for what is large and in no hurry: a frame of a token never waits behind it in one socket. */
export interface BulkConnections {
  /**
   * The peer's bulk connection, dialled where there is none; the ordinary one where the peer can't be dialled, as one behind a router that
   * came here by itself. It ends once its last link has been over for a while.
   */
  to (peer: PeerId, addresses: readonly Multiaddr[], signal: AbortSignal): Promise<Connection>
}

const IDLE_MS = 10_000
/** A peer that does not answer a second dial is asked over what there is. */
const DIAL_MS = 5_000

export function bulkConnections (libp2p: Pick<Libp2p, 'dial' | 'getConnections'>): BulkConnections {
  const open = new Map<string, Promise<Connection>>()

  async function dial (peer: PeerId, addresses: readonly Multiaddr[], signal: AbortSignal): Promise<Connection> {
    // without an ordinary connection beside it, activations would go over this one
    if (libp2p.getConnections(peer).length === 0) await libp2p.dial(addresses.length > 0 ? [...addresses] : peer, { signal })
    const [ordinary] = libp2p.getConnections(peer)
    let connection: Connection
    try {
      // not where the ordinary one comes from: a peer that dialled us did so from a port on which it does not listen
      connection = await libp2p.dial(addresses.length > 0 ? [...addresses] : peer, { signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]), force: true })
    } catch (error) {
      if (ordinary?.status !== 'open') throw error
      return ordinary
    }
    const key = peer.toString()
    const forget = (): void => {
      clearInterval(timer)
      open.delete(key)
    }
    let idleSince: number | undefined
    const timer = setInterval(() => {
      if (connection.streams.length > 0) {
        idleSince = undefined
      } else if (performance.now() - (idleSince ??= performance.now()) >= IDLE_MS) {
        forget()
        connection.close().catch((error: unknown) => { connection.abort(error as Error) }) // libp2p rejects with errors only
      }
    }, IDLE_MS / 2)
    timer.unref()
    connection.addEventListener('close', forget, { once: true })
    return connection
  }

  return {
    async to (peer, addresses, signal) {
      const key = peer.toString()
      const known = await open.get(key)?.catch(() => undefined)
      if (known?.status === 'open') return known
      const dialled = dial(peer, addresses, signal)
      open.set(key, dialled)
      dialled.catch(() => { open.delete(key) })
      return await dialled
    }
  }
}
