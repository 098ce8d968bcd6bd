import { PeerFaultError } from '../../../protocols/generate/index.ts'
import { HOP_DIAL_MS, RING_PROTOCOL, RingType } from '../../../protocols/ring/index.ts'
import { encodeFrame, readFrame, type FrameHeader } from '../frames.ts'
import type { Host, Link } from '../../p2p/index.ts'
import type { FoundRoute } from './routes.ts'
import type { LossKind } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

export type RouteStop = FoundRoute['hops'][number]

export interface StageLinkEvents {
  frame (header: FrameHeader, payload: Uint8Array): void
  /** It is over, or broke a rule: said once. */
  lost (error: PeerFaultError, why: LossKind): void
}

/** A control link to one stage. It outlives epochs: who listens changes with them. */
export interface StageLink {
  readonly stop: RouteStop
  readonly alive: boolean
  listen (events: StageLinkEvents): void
  /** What can't be sent is lost with its link. */
  tell (frame: Uint8Array): void
  /** Frees the stage. */
  release (): void
  /** Leaves it without a word: what it holds is kept a while for another coordinator. */
  abandon (): void
}

/** How long a link may take to close before it is cut. */
const CLOSE_MS = 1000

export const nameOf = ({ peerId, start, end }: RouteStop): string => `${peerId} (layers ${start}:${end})`

export const faultOf = (stop: RouteStop, what: string, cause?: unknown): PeerFaultError =>
  new PeerFaultError(`${nameOf(stop)} ${what}`, stop.peerId, cause === undefined ? undefined : { cause })

/** @throws {PeerFaultError} where it can't be reached @throws the signal's reason */
export async function stageLink (host: Pick<Host, 'open'>, stop: RouteStop, options: AbortOptions): Promise<StageLink> {
  let link: Link
  const late = AbortSignal.timeout(HOP_DIAL_MS)
  try {
    link = await host.open(stop.peerId, RING_PROTOCOL, { addresses: stop.addresses, signal: options.signal == null ? late : AbortSignal.any([options.signal, late]) })
  } catch (error) {
    options.signal?.throwIfAborted()
    throw faultOf(stop, "can't be reached", error)
  }
  let alive = true
  let events: StageLinkEvents | undefined

  const lose = (error: PeerFaultError, why: LossKind): void => {
    if (!alive) return
    alive = false
    events?.lost(error, why)
  }

  link.listen({
    frame (frame) {
      if (!alive) return
      try {
        const { header, payload } = readFrame(frame)
        events?.frame(header, payload)
      } catch (error) {
        lose(error instanceof PeerFaultError ? error : faultOf(stop, 'sent what it must not', error), 'malformed')
      }
    },
    close () { lose(faultOf(stop, 'ended the session'), 'reset') }
  })

  return {
    stop,
    get alive () { return alive },
    listen (listener) { events = listener },

    tell (frame) {
      if (!alive || link.closed) return
      try {
        link.send(frame)
      } catch (error) {
        lose(faultOf(stop, 'takes no more', error), 'reset')
      }
    },

    abandon () {
      alive = false
      if (!link.closed) link.abort(new Error('the coordinator gives the session up'))
    },

    release () {
      alive = false
      if (link.closed) return
      try {
        link.send(encodeFrame({ type: RingType.close }))
      } catch {
        link.abort(new Error('the session is over'))
        return
      }
      link.close({ signal: AbortSignal.timeout(CLOSE_MS) }).catch((error: unknown) => { link.abort(error instanceof Error ? error : new Error('the session is over')) })
    }
  }
}
