import type { HopWork } from '../types.ts'

/** Told of every frame that this node's stages computed, for the node's metrics. Times in ms. */
export interface LapObserver {
  lap (rows: number, queueMs: number, computeMs: number, sendMs: number): void
}

/** Where one session's time goes on this stage. Counting allocates nothing. */
export interface Tally {
  readonly all: HopWork
  /** Of that: frames of several rows. */
  readonly prefill: HopWork
  /** A frame was computed. */
  lap (rows: number, queueMs: number, computeMs: number): void
  /** A frame of so many rows was encoded and handed to the network, or that had to wait for the network. */
  sent (rows: number, ms: number): void
  /** So many bytes left for it. */
  bytes (rows: number, count: number): void
}

type Counting = { -readonly [Key in keyof HopWork]: number }

const nothing = (): Counting => ({ laps: 0, rows: 0, queueMs: 0, computeMs: 0, sendMs: 0, bytesSent: 0 })

export function tally (): Tally {
  const all = nothing()
  const prefill = nothing()

  function lapped (work: Counting, rows: number, queueMs: number, computeMs: number): void {
    work.laps++
    work.rows += rows
    work.queueMs += queueMs
    work.computeMs += computeMs
  }

  return {
    all,
    prefill,

    lap (rows, queueMs, computeMs) {
      lapped(all, rows, queueMs, computeMs)
      if (rows > 1) lapped(prefill, rows, queueMs, computeMs)
    },

    sent (rows, ms) {
      all.sendMs += ms
      if (rows > 1) prefill.sendMs += ms
    },

    bytes (rows, count) {
      all.bytesSent += count
      if (rows > 1) prefill.bytesSent += count
    }
  }
}
