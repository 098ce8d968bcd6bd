/** Constants of `/shoal/blob/1.0.0`. See README.md. */

export const BLOB_PROTOCOL = '/shoal/blob/1.0.0'

export const BlobType = {
  // client → server
  have: 1,
  want: 2,
  cancel: 3,
  // server → client
  holds: 4,
  data: 5,
  missing: 6,
  busy: 7
} as const

/** Largest frame, header included: a list of CIDs is the longest. */
export const BLOB_MAX_FRAME_BYTES = 256 * 1024
/** CIDs of one HAVE. */
export const MAX_CIDS = 2048
/** Bytes of one WANT: a piece. */
export const MAX_WANT_BYTES = 1024 * 1024
/** Payload of one DATA frame: with its header, Yamux's and Noise's it is one Noise record. */
export const DATA_BYTES = 65_483
/** Requests of one link that have not been answered. */
export const MAX_REQUESTS = 16
/** A server that sends more slowly than this, over all of a range, is given up by who asked. */
export const LEAST_BYTES_PER_SECOND = 24_000
