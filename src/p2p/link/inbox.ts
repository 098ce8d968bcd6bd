import { LinkFaultError } from '../errors.ts'
import type { LinkListener } from '../types.ts'

/** Frames that came before anybody listened: at most so many bytes are kept. */
const MAX_EARLY_BYTES = 4 * 1024 * 1024

/** What a link has received, handed to its one listener, or kept until there is one. */
export interface Inbox {
  listen (listener: LinkListener): void
  /** @throws {LinkFaultError} when too much is kept */
  frame (frame: Uint8Array): void
  /** The end, told once. */
  end (error?: Error): void
}

export function inbox (): Inbox {
  let listener: LinkListener | undefined
  let early: Uint8Array[] = []
  let earlyBytes = 0
  let ended: { readonly error: Error | undefined } | undefined

  return {
    listen: (given) => {
      if (listener != null) {
        throw new TypeError('a link has one listener')
      }
      listener = given
      const kept = early
      early = []
      kept.forEach((frame) => { given.frame(frame) })
      if (ended != null) {
        given.close(ended.error)
      }
    },
    frame: (frame) => {
      if (ended != null) {
        return
      }
      if (listener != null) {
        listener.frame(frame)
        return
      }
      earlyBytes += frame.byteLength
      if (earlyBytes > MAX_EARLY_BYTES) {
        throw new LinkFaultError(`more than ${MAX_EARLY_BYTES} bytes came before anybody listened`)
      }
      early.push(frame)
    },
    end: (error) => {
      if (ended == null) {
        ended = { error }
        listener?.close(error)
      }
    }
  }
}
