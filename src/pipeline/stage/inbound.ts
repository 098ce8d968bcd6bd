import { MARK_FRAMES, Mark, RingType, type Hello } from '../../../protocols/ring/index.ts'
import { MalformedError } from '../errors.ts'
import { hopChain, markBytes, type MarkClaim } from '../evidence.ts'
import { FIRST_OPTIONAL_TYPE } from '../../../protocols/frame/index.ts'
import { parse, readFrame, type FrameHeader } from '../frames.ts'
import type { Host, Link } from '../../p2p/index.ts'

export interface InboundComponents {
  readonly host: Pick<Host, 'verify'>
  readonly link: Link
  readonly hello: Hello
  readonly helloFrame: Uint8Array
}

export interface InboundEvents {
  /** A data frame. @throws {MalformedError} */
  data (header: FrameHeader, payload: Uint8Array, link: Link): void
  /** The sender is at fault. */
  fault (error: Error): void
  /** The link ended, announced or not. */
  ended (announced: boolean): void
}

/** The receiving end of a hop. */
export interface Inbound {
  readonly link: Link
  frame (frame: Uint8Array): void
  closed (): void
  /** The last mark whose hash and signature were right. */
  readonly verified: (MarkClaim & { readonly signature: Uint8Array }) | undefined
}

export function inbound ({ host, link, hello, helloFrame }: InboundComponents, events: InboundEvents): Inbound {
  const chain = hopChain(helloFrame, MARK_FRAMES)
  let announced = false
  let verified: Inbound['verified']

  async function check (header: FrameHeader, mark: Mark): Promise<void> {
    const claim = { session: hello.session, epoch: hello.epoch, to: hello.to, frames: mark.frames, position: header.position, hash: mark.hash }
    // one that comes too late shows nothing, neither against its sender nor for it
    if (chain.isForgotten(mark.frames)) return
    const own = chain.hashAt(mark.frames)
    if (own === undefined || Buffer.compare(own, mark.hash) !== 0) throw new MalformedError('the mark is not of what was received')
    if (!await host.verify(link.peer, markBytes(claim), mark.signature)) throw new MalformedError("the mark's signature is not the sender's")
    if (verified === undefined || verified.frames <= claim.frames) verified = { ...claim, signature: mark.signature }
  }

  return {
    link,
    get verified () { return verified },

    frame (frame) {
      try {
        const { header, payload } = readFrame(frame)
        switch (header.type) {
          case RingType.hidden:
          case RingType.tokens:
            events.data(header, payload, link)
            chain.add(frame, header.position + header.rows)
            return
          case RingType.mark:
            check(header, parse(Mark.decode, payload, 'the mark')).catch((error: unknown) => { events.fault(error instanceof Error ? error : new Error('the mark is wrong')) })
            return
          case RingType.close:
            announced = true
            return
          default:
            if (header.type < FIRST_OPTIONAL_TYPE) throw new MalformedError(`a frame of type ${header.type} does not belong on a data link`)
        }
      } catch (error) {
        events.fault(error instanceof Error ? error : new Error('the frame is wrong', { cause: error }))
      }
    },

    closed: () => { events.ended(announced) }
  }
}
