import { createHash } from 'node:crypto'

/** What one end of a hop knows of all data frames that passed: h = SHA-256(h ‖ frame), begun from SHA-256 of the hop's HELLO frame. */
export interface HopChain {
  /** Data frames so far. */
  readonly frames: number
  readonly hash: Uint8Array<ArrayBuffer>
  /** End of the newest frame. */
  readonly position: number
  add (frame: Uint8Array, endPosition: number): void
  /** The hash after that many frames, where it is still remembered. */
  hashAt (frames: number): Uint8Array<ArrayBuffer> | undefined
  /** It was remembered, and is not any more. */
  isForgotten (frames: number): boolean
}

/** How many hashes are remembered for marks that are on their way. */
const REMEMBERED = 4

/** @param every frames between the hashes that are remembered: where the sender marks */
export function hopChain (hello: Uint8Array, every: number): HopChain {
  let hash = new Uint8Array(createHash('sha256').update(hello).digest())
  let frames = 0
  let position = 0
  const remembered = new Map<number, Uint8Array<ArrayBuffer>>()

  return {
    get frames () { return frames },
    get hash () { return hash },
    get position () { return position },

    add (frame, endPosition) {
      hash = new Uint8Array(createHash('sha256').update(hash).update(frame).digest())
      position = endPosition
      frames++
      if (frames % every === 0) {
        remembered.set(frames, hash)
        if (remembered.size > REMEMBERED) remembered.delete(frames - REMEMBERED * every)
      }
    },

    hashAt: (at) => at === frames ? hash : remembered.get(at),
    isForgotten: (at) => at > 0 && at % every === 0 && at <= frames - REMEMBERED * every
  }
}

export interface MarkClaim {
  readonly session: Uint8Array
  readonly epoch: number
  /** First layer of the receiver's span. */
  readonly to: number
  readonly frames: number
  readonly position: number
  readonly hash: Uint8Array
}

const DOMAIN = new TextEncoder().encode('shoal-mark-1')

/** What a sender signs: domain ‖ session (16) ‖ u32 epoch ‖ u32 to ‖ u32 frames ‖ u32 position ‖ hash (32), little-endian. */
export function markBytes ({ session, epoch, to, frames, position, hash }: MarkClaim): Uint8Array {
  const bytes = new Uint8Array(DOMAIN.length + session.length + 16 + hash.length)
  bytes.set(DOMAIN)
  bytes.set(session, DOMAIN.length)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of [epoch, to, frames, position].entries()) {
    view.setUint32(DOMAIN.length + session.length + index * 4, value, true)
  }
  bytes.set(hash, DOMAIN.length + session.length + 16)
  return bytes
}
