import { MAX_ROWS } from '../../../protocols/ring/index.ts'
import { MalformedError } from '../errors.ts'
import { readIds, type FrameHeader } from '../frames.ts'
import type { WireCodec } from '../wire/index.ts'

/** A frame found sound: work for the span. */
export interface Job {
  readonly header: Pick<FrameHeader, 'lap' | 'position' | 'rows' | 'score'>
  readonly payload: Uint8Array
  /** On the head. */
  readonly ids?: Uint32Array
  /** Who sent it. */
  readonly from: string
}

export interface JobBounds {
  /** Reserved. */
  readonly positions: number
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly codec: WireCodec
}

/** Rows of hidden states. @throws {MalformedError} */
export function hiddenJob (header: FrameHeader, payload: Uint8Array, from: string, bounds: JobBounds): Job {
  checkRows(header, bounds)
  checkBytes(payload, bounds.codec.bytes(header.rows, bounds.hiddenSize))
  return { header, payload, from }
}

/** A chunk of the prompt. @throws {MalformedError} */
export function promptJob (header: FrameHeader, payload: Uint8Array, from: string, bounds: JobBounds): Job {
  checkRows(header, bounds)
  checkBytes(payload, 4 * header.rows)
  return { header, payload, ids: readIds(payload, bounds.vocabSize), from }
}

/** What the tail chose and proposes: the last accepted token and the proposed ones are embedded as one frame. @throws {MalformedError} */
export function tokensJob (tokens: FrameHeader, payload: Uint8Array, from: string, bounds: JobBounds): Job {
  const { lap, position, rows: accepted, score: proposed } = tokens
  if (accepted < 1) throw new MalformedError('tokens without an accepted one')
  const header = { lap, position: position + accepted - 1, rows: 1 + proposed, score: 1 + proposed }
  checkRows(header, bounds)
  checkBytes(payload, 4 * (accepted + proposed))
  return { header, payload, ids: readIds(payload, bounds.vocabSize).subarray(accepted - 1), from }
}

function checkRows ({ position, rows, score }: Job['header'], { positions }: JobBounds): void {
  if (rows < 1 || rows > MAX_ROWS) throw new MalformedError(`a frame of ${rows} rows`)
  if (score > rows) throw new MalformedError(`logits of ${score} rows are asked for, of ${rows}`)
  if (position + rows > positions) throw new MalformedError(`positions ${position} to ${position + rows} lie beyond the ${positions} reserved`)
}

function checkBytes (payload: Uint8Array, bytes: number): void {
  if (payload.length !== bytes) throw new MalformedError(`a payload of ${payload.length} bytes where ${bytes} belong`)
}
