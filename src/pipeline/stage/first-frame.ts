import { Hello, Open, RingType, UNUSED_MS } from '../../../protocols/ring/index.ts'
import { MalformedError } from '../errors.ts'
import { parse, readFrame } from '../frames.ts'
import { fault } from './replies.ts'
import type { LinkRole } from './link-role.ts'
import type { Clock, Link } from '../../p2p/index.ts'

export interface FirstFrameEvents {
  /** A control link. @returns what it is from now on; undefined: it was refused @throws {MalformedError} */
  opened (link: Link, open: Open): LinkRole | undefined
  /** A data link; `become` may be called later. @throws {MalformedError} */
  greeted (link: Link, hello: Hello, frame: Uint8Array, become: (role: LinkRole) => void): void
}

/** Ids and numbers: a larger one has something else in it. */
const MAX_HELLO_BYTES = 4096

/** What a link is for is said by its first frame, which has to come within `UNUSED_MS`. */
export function awaitFirstFrame (link: Link, clock: Pick<Clock, 'after'>, { opened, greeted }: FirstFrameEvents): void {
  const waiting = clock.after(UNUSED_MS, () => { link.abort(new Error('nothing was said')) })
  const nothing: LinkRole = { frame () { /* what comes after a refusal */ }, closed () { /* nothing was held */ } }
  let role: LinkRole = {
    frame (frame) {
      waiting()
      role = nothing
      try {
        const { header, payload } = readFrame(frame)
        if (header.type === RingType.open) {
          role = opened(link, parse(Open.decode, payload, 'the OPEN')) ?? nothing
        } else if (header.type === RingType.hello) {
          const hello = parse(Hello.decode, payload, 'the HELLO')
          if (frame.byteLength > MAX_HELLO_BYTES) throw new MalformedError(`a HELLO of ${frame.byteLength} bytes`)
          greeted(link, hello, frame, (next) => { role = next })
        } else {
          throw new MalformedError(`a link begins with OPEN or HELLO, not with a frame of type ${header.type}`)
        }
      } catch (error) {
        fault(link, error instanceof Error ? error.message : 'the frame is wrong')
      }
    },
    closed: waiting
  }
  link.listen({
    frame (frame) { role.frame(frame) },
    close () { role.closed() }
  })
}
