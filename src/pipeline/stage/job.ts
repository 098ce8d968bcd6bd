import { MAX_ROWS } from '../../../protocols/ring/index.ts'
import { MalformedError } from '../errors.ts'
import { readIds, type FrameHeader } from '../frames.ts'
import type { WireCodec } from '../wire/index.ts'

/** A frame found sound: work for the span. */
export interface Job {
  readonly header: Pick<FrameHeader, 'lap' | 'position' | 'rows' | 'score'>
  /** On the head token ids, elsewhere rows on the session's wire: a view on what the network gave, until it has to be kept. */
  readonly input: Uint32Array | Uint8Array
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
  return { header, input: payload, from }
}

/** A chunk of the prompt. @throws {MalformedError} */
export function promptJob (header: FrameHeader, payload: Uint8Array, from: string, bounds: JobBounds): Job {
  checkRows(header, bounds)
  checkBytes(payload, 4 * header.rows)
  return { header, input: readIds(payload, bounds.vocabSize), from }
}

/** What the tail chose and proposes: the last accepted token and the proposed ones are embedded as one frame. @throws {MalformedError} */
export function tokensJob (tokens: FrameHeader, payload: Uint8Array, from: string, bounds: JobBounds): Job {
  const { lap, position, rows: accepted, score: proposed } = tokens
  if (accepted < 1) throw new MalformedError('tokens without an accepted one')
  const header = { lap, position: position + accepted - 1, rows: 1 + proposed, score: 1 + proposed }
  checkRows(header, bounds)
  checkBytes(payload, 4 * (accepted + proposed))
  return { header, input: readIds(payload, bounds.vocabSize).slice(accepted - 1), from }
}

/** More than a frame's header and its transport's bytes lie round the rows: something else, that would be kept with them. */
const ROUND_BYTES = 64

/** A job that has to wait, in no more memory than its own: a network's chunk may hold 64 KiB beside it. */
export function keptJob (job: Job): Job {
  const { input } = job
  if (input instanceof Uint32Array || input.buffer.byteLength <= input.byteLength + ROUND_BYTES) return job
  // a Buffer's own `slice` would be a view again
  return { ...job, input: new Uint8Array(input) }
}

function checkRows ({ position, rows, score }: Job['header'], { positions }: JobBounds): void {
  if (rows < 1 || rows > MAX_ROWS) throw new MalformedError(`a frame of ${rows} rows`)
  if (score > rows) throw new MalformedError(`logits of ${score} rows are asked for, of ${rows}`)
  if (position + rows > positions) throw new MalformedError(`positions ${position} to ${position + rows} lie beyond the ${positions} reserved`)
}

function checkBytes (payload: Uint8Array, bytes: number): void {
  if (payload.length !== bytes) throw new MalformedError(`a payload of ${payload.length} bytes where ${bytes} belong`)
}
