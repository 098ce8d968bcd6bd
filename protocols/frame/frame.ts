/**
 * The frame that every Shoal stream carries: a fixed little-endian header and a payload. See README.md.
 */

export const FRAME_VERSION = 1
export const FRAME_HEADER_BYTES = 24
/** Largest whole frame, header included. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024

export interface FrameHeader {
  readonly type: number
  readonly flags: number
  readonly epoch: number
  readonly lap: number
  readonly position: number
  readonly rows: number
  readonly score: number
}
