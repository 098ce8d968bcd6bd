/** How rows of hidden states lie in a frame's payload. Numbers are little-endian, as on every machine that Shoal runs on. */
export interface WireCodec {
  /** Payload bytes of `rows` rows. */
  bytes (rows: number, hiddenSize: number): number
  /**
   * Writes `[rows, hidden]` into a payload. `target` starts at a multiple of 4 in its buffer.
   * @throws {NonFiniteError} where a value isn't finite (or too large for the wire)
   */
  encode (source: Float32Array, rows: number, hiddenSize: number, target: Uint8Array): void
  /**
   * Reads a payload of exactly `bytes(rows, hidden)` into `target` (`[rows, hidden]`).
   * @throws {NonFiniteError} where a value isn't finite or no sender could have written it
   */
  decode (payload: Uint8Array, rows: number, hiddenSize: number, target: Float32Array): void
}

/** Hidden states with a value that isn't finite: they are neither sent nor taken. */
export class NonFiniteError extends Error {
  override name = 'NonFiniteError'

  constructor (row: number) {
    super(`row ${row} of the hidden states has a value that is not finite`)
  }
}
