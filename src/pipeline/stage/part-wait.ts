import { BEAT_MS, Beat, BeatState, RingType } from '../../../protocols/ring/index.ts'
import { FIRST_OPTIONAL_TYPE } from '../../../protocols/frame/index.ts'
import { MalformedError } from '../errors.ts'
import { encodeFrame, readFrame } from '../frames.ts'
import type { LinkRole } from './link-role.ts'
import type { SpanParts } from './types.ts'
import type { SpanRunner } from '../../engine/index.ts'
import type { Span } from '../../model/index.ts'
import type { Clock, Link } from '../../p2p/index.ts'

/** 16 neighbours of 16 addresses, 200 bytes each. */
const MAX_REROUTE_BYTES = 64 * 1024

export interface PartWaitInit {
  readonly clock: Clock
  /** The control link. */
  readonly link: Link
  readonly parts: SpanParts
  readonly span: Span
  /** Of the OPEN. */
  readonly epoch: number
}

export interface PartWaitEvents {
  /** Nothing is waited for any more; comes before the other two. */
  over (): void
  /** What the link does from here on; undefined where the session is refused, which gives the part back. */
  loaded (runner: SpanRunner, onReleased: () => void): LinkRole | undefined
  failed (message: string): void
}

/** A control link whose span is being loaded. It beats, and takes nothing that it would have to keep but one REROUTE. */
export interface PartWait extends LinkRole {
  /** Waits no more; the link is the caller's to close. */
  end (): void
}

export function partWait ({ clock, link, parts, span, epoch: opened }: PartWaitInit, events: PartWaitEvents): PartWait {
  const stopped = new AbortController()
  // a load goes on when nobody waits for it any more, and is to keep nothing of the session alive
  let waiting: PartWaitEvents | undefined = events
  let role: LinkRole | undefined
  let epoch = opened
  let reroute: Uint8Array | undefined
  let stopBeating = clock.after(BEAT_MS, beat)

  function beat (): void {
    stopBeating = clock.after(BEAT_MS, beat)
    if (link.closed) return
    try {
      link.send(encodeFrame({ type: RingType.beat, epoch }, Beat.encode({ state: BeatState.queued })))
    } catch (error) {
      abort(error)
    }
  }

  function over (): PartWaitEvents | undefined {
    const was = waiting
    waiting = undefined
    stopBeating()
    was?.over()
    return was
  }

  function end (): void {
    over()
    stopped.abort(new Error('nobody waits for it any more'))
  }

  function abort (error: unknown): void {
    end()
    link.abort(error instanceof Error ? error : new Error('the link could not be kept'))
  }

  /** @throws {MalformedError} @throws {FrameError} */
  function early (frame: Uint8Array): void {
    const { header } = readFrame(frame)
    switch (header.type) {
      case RingType.beat:
        return
      case RingType.reroute:
        // another stage of the route was lost meanwhile: the newest one counts
        if (frame.byteLength > MAX_REROUTE_BYTES) throw new MalformedError(`a REROUTE of ${frame.byteLength} bytes`)
        if (header.epoch <= epoch) return
        epoch = header.epoch
        reroute = frame
        return
      case RingType.close:
        end()
        link.close().catch(abort)
        return
      default:
        if (header.type < FIRST_OPTIONAL_TYPE) throw new MalformedError(`a frame of type ${header.type} before READY`)
    }
  }

  parts.open(span, { signal: stopped.signal }).then(({ runner, release }) => {
    role = over()?.loaded(runner, release)
    if (role === undefined) release()
    else if (reroute !== undefined) role.frame(reroute)
  }, (error: unknown) => {
    over()?.failed(error instanceof Error ? error.message : 'that part could not be loaded')
  }).catch(abort)

  return {
    end,

    frame (frame) {
      if (role !== undefined) {
        role.frame(frame)
        return
      }
      if (waiting === undefined) return
      try {
        early(frame)
      } catch (error) {
        abort(error)
      }
    },

    closed () {
      end()
      role?.closed()
    }
  }
}
