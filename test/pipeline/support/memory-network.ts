import { createHash } from 'node:crypto'
import { memoryLinkPair, type Host, type Link } from '../../../src/p2p/index.ts'

export type MemoryHost = Pick<Host, 'peerId' | 'addresses' | 'open' | 'handle' | 'unhandle' | 'sign' | 'verify'>

/** Links between hosts of one process, with every way in which they can fail. */
export interface MemoryNetwork {
  host (peerId: string): MemoryHost
  /** Every link that was opened, in order: both ends. */
  readonly links: ReadonlyArray<{ readonly from: string, readonly to: string, readonly protocol: string, readonly ends: readonly [Link, Link] }>
  /** All links of this peer end, and nobody reaches it again. */
  kill (peerId: string): void
  /** From now on nothing that this peer sends arrives, and nothing that is sent to it: its links stay open. */
  mute (peerId: string): void
  /** The other way round. */
  unmute (peerId: string): void
  /** All links of one to the other end, and no other one can be opened. */
  cut (from: string, to: string): void
  /** From now on nobody's attempt to open a link to this peer comes to an end. */
  stall (peerId: string): void
  /** Called with each frame that is sent: what arrives in its place, in order. @default the frame */
  disturb: (frame: Uint8Array, from: string, to: string) => readonly Uint8Array[]
}

export function memoryNetwork (): MemoryNetwork {
  const handlers = new Map<string, (link: Link) => void>()
  const links: Array<MemoryNetwork['links'][number]> = []
  const dead = new Set<string>()
  const mute = new Set<string>()
  const stalled = new Set<string>()
  const gone = new Set<string>()

  /** An end whose frames get lost while either side is mute. */
  function lossy (link: Link, own: string): Link {
    const silent = (): boolean => mute.has(own) || mute.has(link.peer)
    return new Proxy(link, {
      get (target, key) {
        if (key === 'send') return (frame: Uint8Array) => silent() || made.disturb(frame, own, link.peer).reduce((more, each) => target.send(each) && more, true)
        const value: unknown = Reflect.get(target, key)
        return typeof value === 'function' ? value.bind(target) as unknown : value
      }
    })
  }

  function host (peerId: string): MemoryHost {
    const digest = (peer: string, bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(peer).update(bytes).digest())
    return {
      peerId,
      addresses: () => [`/memory/${peerId}`],
      async open (peer, protocol, { signal } = {}) {
        await Promise.resolve()
        signal?.throwIfAborted()
        if (stalled.has(peer)) await new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(new Error('no answer')) }) })
        const accept = handlers.get(`${peer} ${protocol}`)
        if (accept === undefined || dead.has(peer) || gone.has(`${peerId} ${peer}`)) throw new Error(`nobody listens at ${peer}`)
        const [own, served] = memoryLinkPair({ protocol, peers: [peerId, peer] })
        links.push({ from: peerId, to: peer, protocol, ends: [own, served] })
        accept(lossy(served, peer))
        return lossy(own, peerId)
      },
      handle: (protocol, handler) => {
        handlers.set(`${peerId} ${protocol}`, handler)
        return Promise.resolve()
      },
      unhandle: (protocol) => {
        handlers.delete(`${peerId} ${protocol}`)
        return Promise.resolve()
      },
      sign: (bytes) => Promise.resolve(digest(peerId, bytes)),
      verify: (peer, bytes, signature) => Promise.resolve(Buffer.compare(digest(peer, bytes), signature) === 0)
    }
  }

  const made: MemoryNetwork = {
    host,
    links,
    disturb: (frame) => [frame],
    kill (peerId) {
      dead.add(peerId)
      for (const { from, to, ends } of links) {
        if (from === peerId || to === peerId) ends[from === peerId ? 0 : 1].abort(new Error('killed'))
      }
    },
    cut (from, to) {
      gone.add(`${from} ${to}`)
      for (const link of links) if (link.from === from && link.to === to) link.ends[0].abort(new Error('cut'))
    },
    stall: (peerId) => { stalled.add(peerId) },
    mute: (peerId) => { mute.add(peerId) },
    unmute: (peerId) => { mute.delete(peerId) }
  }
  return made
}
