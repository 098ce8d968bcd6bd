/** Links that others open: counted and refused beyond the bounds, ended where they bring nothing, held back where they bring too much. */
import { raceSignal } from 'race-signal'
import { allowance, type Allowance } from './allowance.ts'
import { LinkFaultError } from './errors.ts'
import type { HandleInit, Link, PeerQuotas } from './types.ts'

export const MAX_INBOUND_LINKS = 1024
export const MAX_INBOUND_LINKS_PER_PEER = 256
const FIRST_FRAME_MS = 10_000
/** A frame may be as large as what a small rate gives in some seconds. */
const BURST_SECONDS = 2

/** What one peer has, over all protocols. */
export interface Quotas {
  /** False: it has as many links as it may. */
  enter (peer: string): boolean
  leave (peer: string): void
  readonly bytes: Allowance
  readonly limitsBytes: boolean
}

/** @param exempt this node itself, and those that it was told to prefer */
export function quotas ({ links, bytesPerSecond }: PeerQuotas, isExempt: (peer: string) => boolean): Quotas {
  const open = new Map<string, number>()
  return {
    enter (peer) {
      const own = open.get(peer) ?? 0
      if (links !== undefined && own >= links && !isExempt(peer)) return false
      open.set(peer, own + 1)
      return true
    },
    leave (peer) {
      const left = (open.get(peer) ?? 1) - 1
      if (left > 0) open.set(peer, left)
      else open.delete(peer)
    },
    bytes: allowance({ perSecond: bytesPerSecond, burstSeconds: BURST_SECONDS, isExempt }),
    limitsBytes: bytesPerSecond !== undefined
  }
}

/** Hands on what is within the bounds of one protocol and of all. */
export function acceptor (handler: (link: Link) => void, init: HandleInit, all: Quotas): (link: Link) => void {
  const { maxInboundLinks = MAX_INBOUND_LINKS, maxInboundLinksPerPeer = MAX_INBOUND_LINKS_PER_PEER, firstFrameMs = FIRST_FRAME_MS } = init
  const open = new Map<string, number>()
  let total = 0
  return (link) => {
    const ofPeer = open.get(link.peer) ?? 0
    if (total >= maxInboundLinks || ofPeer >= maxInboundLinksPerPeer || !all.enter(link.peer)) {
      link.abort(new LinkFaultError(`too many links of ${link.protocol}`))
      return
    }
    total++
    open.set(link.peer, ofPeer + 1)
    const silence = setTimeout(() => { link.abort(new LinkFaultError(`no frame came within ${firstFrameMs} ms`)) }, firstFrameMs)
    const over = (): void => {
      clearTimeout(silence)
      all.leave(link.peer)
      total--
      const left = (open.get(link.peer) ?? 1) - 1
      if (left > 0) {
        open.set(link.peer, left)
      } else {
        open.delete(link.peer)
      }
    }
    handler(observed(all.limitsBytes ? paced(link, all.bytes) : link, () => { clearTimeout(silence) }, over))
  }
}

/** The same link, telling when its first frame came and when it is over. */
function observed (link: Link, onFirst: () => void, onOver: () => void): Link {
  const { listen } = link
  let first = true
  let over = false
  const end = (): void => {
    if (!over) {
      over = true
      onOver()
    }
  }
  link.listen = (listener) => {
    listen({
      frame: (frame) => {
        if (first) {
          first = false
          onFirst()
        }
        listener.frame(frame)
      },
      close: (error) => {
        end()
        listener.close(error)
      }
    })
  }
  return link
}

/** The same link, which takes no more and asks for no more while its peer has had more bytes than it may. */
function paced (link: Link, bytes: Allowance): Link {
  const { peer, listen, send, drained, pause, resume } = link
  let held = false
  let waiting: NodeJS.Timeout | undefined

  const rest = (): void => {
    const ms = bytes.waitMs(peer)
    if (ms === 0 || waiting !== undefined || link.closed) return
    pause()
    waiting = setTimeout(() => {
      waiting = undefined
      if (!held && !link.closed) resume()
      rest()
    }, ms)
  }
  link.listen = (listener) => {
    listen({
      frame: (frame) => {
        bytes.take(peer, frame.byteLength)
        rest()
        listener.frame(frame)
      },
      close: (error) => {
        clearTimeout(waiting)
        listener.close(error)
      }
    })
  }
  link.pause = () => {
    held = true
    pause()
  }
  link.resume = () => {
    held = false
    if (waiting === undefined) resume()
  }
  link.send = (...frames) => {
    const isReady = send(...frames)
    for (const { byteLength } of frames) bytes.take(peer, byteLength)
    return isReady && bytes.waitMs(peer) === 0
  }
  link.drained = async (options = {}) => {
    for (let ms = bytes.waitMs(peer); ms > 0; ms = bytes.waitMs(peer)) await raceSignal(new Promise((resolve) => { setTimeout(resolve, ms) }), options.signal)
    await drained(options)
  }
  return link
}
