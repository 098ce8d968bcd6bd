import { EngineError } from '../errors.ts'
import type { Pointer } from './api.ts'

/**
 * A native object and who still needs it. `close` releases it at once, or when the last holder lets go: nothing is
 * freed under a running call.
 */
export interface Handle {
  /** @throws {EngineError} once closed and let go by all. */
  readonly pointer: Pointer
  /** Keeps the object until the returned function is called. @throws {EngineError} once closed. */
  hold (): () => void
  /** Idempotent. */
  close (): void
  /** @throws {EngineError} once closed. */
  assertOpen (): void
}

/** What has to be released before its owner is. */
export type Owned = Set<Handle>

/**
 * @param what names it in errors
 * @param owned of the owner, where it has one: the handle is in it until it is released
 */
export function handle (what: string, pointer: Pointer, release: (pointer: Pointer) => void, owned?: Owned): Handle {
  let holders = 0
  let closed = false
  let released = false

  const settle = (): void => {
    if (!closed || holders > 0 || released) return
    released = true
    owned?.delete(self)
    release(pointer)
  }
  const refuse = (when: boolean): void => {
    if (when) throw new EngineError(`${what} is closed`)
  }

  const self: Handle = {
    get pointer () {
      refuse(released)
      return pointer
    },
    hold () {
      refuse(closed)
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
    },
    assertOpen () { refuse(closed) }
  }
  owned?.add(self)
  return self
}

/** Holds all of them, or, where one is closed, none. Let go in the reverse order. */
export function holdAll (handles: readonly Handle[]): () => void {
  const held: (() => void)[] = []
  const letGo = (): void => { held.reverse().forEach((release) => { release() }) }
  try {
    for (const each of handles) held.push(each.hold())
  } catch (error) {
    letGo()
    throw error
  }
  return letGo
}

/** Closes all of them, the latest first. */
export function closeAll (owned: Owned): void {
  for (const each of [...owned].reverse()) each.close()
}
