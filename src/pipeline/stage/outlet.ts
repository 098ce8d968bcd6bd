import { Fault, Hello, MARK_FRAMES, Mark, RING_PROTOCOL, RingType, type Neighbour } from '../../../protocols/ring/index.ts'
import { hopChain, markBytes } from '../evidence.ts'
import { encodeFrame, parse, readFrame } from '../frames.ts'
import type { StagePlan } from './stage-plan.ts'
import type { Host, Link } from '../../p2p/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** How long a link may take to close before it is cut: a next stage that reads nothing must not hold this one. */
const CLOSE_MS = 1000

export interface OutletEvents {
  /** The next stage ended the hop, with its reason where it gave one. */
  lost (peerId: string, reason?: Fault): void
}

/** The sending end of a hop. */
export interface Outlet {
  readonly peerId: string
  /**
   * Sends a data frame that ends at `endPosition`. False: the link is full, or a mark is late; wait for `drained()`. A next stage that is
   * gone is told of by `lost`, not by throwing; after `close` nothing is sent any more.
   */
  send (frame: Uint8Array, endPosition: number): boolean
  drained (options?: AbortOptions): Promise<void>
  /** Marks what was sent, says that it was all, and closes. */
  close (): Promise<void>
  abort (error: Error): void
}

/** Dials the next stage and says hello. @throws when it can't be reached */
export async function outlet (
  host: Pick<Host, 'open' | 'sign'>, plan: StagePlan, epoch: number, next: Neighbour, events: OutletEvents, options: AbortOptions
): Promise<Outlet> {
  const { session, modelId, runner } = plan
  const link: Link = await host.open(next.peerId, RING_PROTOCOL, { ...options, addresses: next.addresses })
  const helloFrame = encodeFrame({ type: RingType.hello, epoch }, Hello.encode({ session, epoch, modelId, from: runner.span.start, to: next.start }))
  const chain = hopChain(helloFrame, MARK_FRAMES)
  let closing = false
  let marked = 0
  /** Marks that are being signed. */
  const marking = new Set<Promise<void>>()
  let lost = false

  const lose = (reason?: Fault): void => {
    if (lost || closing) return
    lost = true
    events.lost(next.peerId, reason)
  }

  link.listen({
    frame (frame) {
      try {
        const { header, payload } = readFrame(frame)
        // a GAP here is told to the coordinator too, who decides; what else may come from this side is for later versions
        if (header.type === RingType.fault) lose(parse(Fault.decode, payload, 'the fault'))
      } catch {
        lose()
      }
    },
    close: () => { lose() }
  })
  link.send(helloFrame)

  async function mark (): Promise<void> {
    const { frames, position, hash } = chain
    if (frames === marked) return
    marked = frames
    const signature = new Uint8Array(await host.sign(markBytes({ session, epoch, to: next.start, frames, position, hash })))
    if (!link.closed) link.send(encodeFrame({ type: RingType.mark, epoch, position }, Mark.encode({ frames, hash, signature })))
  }

  /** Signing takes a while: the frames up to the next mark do not wait for it, those behind that do. False where they are to. */
  function markBehind (): boolean {
    const made = mark().catch(() => { lose() }).finally(() => { marking.delete(made) })
    marking.add(made)
    return marking.size < 2
  }

  return {
    peerId: next.peerId,

    send (frame, endPosition) {
      if (closing) return true
      let more: boolean
      try {
        more = link.send(frame)
      } catch {
        // the link is over, and whoever listens to it is about to hear so
        lose()
        return true
      }
      chain.add(frame, endPosition)
      const isInTime = chain.frames % MARK_FRAMES !== 0 || markBehind()
      return more && isInTime
    },

    async drained (options) {
      try {
        await Promise.all([link.drained(options), ...marking])
      } catch {
        options?.signal?.throwIfAborted()
        lose()
      }
    },

    async close () {
      if (closing) return
      closing = true
      if (link.closed) return
      await mark()
      if (!link.closed) link.send(encodeFrame({ type: RingType.close, epoch }))
      await link.close({ signal: AbortSignal.timeout(CLOSE_MS) })
    },

    abort (error) {
      closing = true
      link.abort(error)
    }
  }
}
