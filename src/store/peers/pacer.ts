import { setTimeout as delay } from 'node:timers/promises'
import type { AbortOptions } from '@libp2p/interface'

export interface PacerInit {
  /** Of all that is sent. @default no limit */
  readonly bytesPerSecond?: number | undefined
  /** Tokens are on their way through this node. */
  isBusy (): boolean
  /** Ms of a steady clock. @default performance.now */
  now? (): number
  /** @default node:timers/promises */
  wait? (ms: number, options: AbortOptions): Promise<void>
}

export interface Pacer {
  /** Undefined: so many bytes may be sent at once; else when they may. `gentle`: with a pause before them, as while this node is busy itself. */
  take (bytes: number, options: AbortOptions & { readonly gentle: boolean }): Promise<void> | undefined
}

/**
 * Encrypting and sending 64 KiB keeps the event loop for about 0.4 ms (2026-11): with this pause behind each of them a frame
 * of activations finds it free three times out of four.
 */
const PAUSE_MS = 1.5
/** What was not sent in time may be caught up with, up to this. */
const BURST_MS = 50

/** Holds back what is not urgent: to a rate, and to pauses while something urgent is under way. */
export function pacer ({ bytesPerSecond, isBusy, now = () => performance.now(), wait = async (ms, { signal }) => { await delay(ms, undefined, signal == null ? {} : { signal }) } }: PacerInit): Pacer {
  let freeAt = now()

  return {
    take (bytes, { gentle, signal }) {
      const start = Math.max(freeAt, now() - BURST_MS)
      if (bytesPerSecond !== undefined) freeAt = start + bytes / bytesPerSecond * 1000
      const rated = bytesPerSecond === undefined ? 0 : start - now()
      const pause = Math.max(rated, gentle || isBusy() ? PAUSE_MS : 0)
      return pause >= 1 ? wait(pause, signal == null ? {} : { signal }) : undefined
    }
  }
}
