import { EngineError } from '../errors.ts'
import type { Pointer } from './api.ts'

/**
 * A native object and who still needs it. `close` releases it at once, or when the last holder lets go: nothing is
 * freed under a running call.
 */
export interface Handle {
  /** @throws {EngineError} once closed. */
  readonly pointer: Pointer
  readonly closed: boolean
  /** Keeps the object until the returned function is called. @throws {EngineError} once closed. */
  hold (): () => void
  /** Idempotent. */
  close (): void
}

export function handle (what: string, pointer: Pointer, release: (pointer: Pointer) => void): Handle {
  let holders = 0
  let closed = false
  let released = false

  const settle = (): void => {
    if (!closed || holders > 0 || released) return
    released = true
    release(pointer)
  }
  const open = (): void => {
    if (closed) throw new EngineError(`${what} is closed`)
  }

  return {
    get pointer () {
      open()
      return pointer
    },
    get closed () { return closed },
    hold () {
      open()
      holders++
      let held = true
      return () => {
        if (!held) return
        held = false
        holders--
        settle()
      }
    },
    close () {
      closed = true
      settle()
    }
  }
}
