import type { PartPlan, TensorSource } from '../model/index.ts'

export interface ReadAheadInit {
  /** Of one request. @default 8 MiB */
  readonly segmentBytes?: number
  /** Requests under way at once. @default 4 */
  readonly requests?: number
}

const SEGMENT_BYTES = 8 * 1024 * 1024
const REQUESTS = 4
/** What has come and is on its way, in segments of full size. */
const WINDOW = 3

/** Rows `[first, end)` of a tensor, read at once. */
interface Segment {
  readonly name: string
  readonly first: number
  readonly end: number
  readonly rowBytes: number
}

/**
 * The rows that a part is made of come in segments that are longer than what is asked for, the next ones on their way meanwhile: over a network each
 * request costs a round trip. They are read in the order in which the part needs them, and nothing is read beside them: one expert's rows may lie
 * in the middle of a tensor. Of one part at a time.
 */
export function readAhead (tensors: TensorSource, plan: PartPlan, { segmentBytes = SEGMENT_BYTES, requests = REQUESTS }: ReadAheadInit = {}): TensorSource {
  const segments = segmentsOf(plan, segmentBytes)
  const started = new Map<number, Promise<Uint8Array>>()

  function start (index: number, { name, first, end }: Segment): Promise<Uint8Array> {
    const bytes = started.get(index) ?? tensors.rows(name, first, end - first)
    // whoever asks for these rows is told
    bytes.catch(() => undefined)
    started.set(index, bytes)
    return bytes
  }

  /** A segment's bytes; those before it are let go, and some behind it are started. */
  async function take (index: number, segment: Segment): Promise<Uint8Array> {
    for (const other of started.keys()) if (other < index || other >= index + requests) started.delete(other)
    const bytes = start(index, segment)
    let size = sizeOf(segment)
    for (let next = index + 1; next < Math.min(index + requests, segments.length); next++) {
      const following = segments[next]
      size += following === undefined ? 0 : sizeOf(following)
      if (following === undefined || size > WINDOW * segmentBytes) break
      void start(next, following)
    }
    return await bytes
  }

  let cursor = 0
  /** From where the last rows were on; from the beginning where a tensor is read again. */
  function find (name: string, row: number): number {
    const holds = ({ name: its, first, end }: Segment): boolean => its === name && first <= row && row < end
    const ahead = segments.findIndex((segment, index) => index >= cursor && holds(segment))
    return ahead >= 0 ? ahead : segments.findIndex(holds)
  }

  return {
    names: () => tensors.names(),
    info: (name) => tensors.info(name),
    async rows (name, first, count) {
      const end = first + count
      const pieces: Uint8Array[] = []
      for (let row = first; row < end;) {
        const index = find(name, row)
        const segment = segments[index]
        // not of this part, or not there at all: that is for the source to say
        if (segment === undefined) return await tensors.rows(name, first, count)
        cursor = index
        const bytes = await take(index, segment)
        const until = Math.min(end, segment.end)
        pieces.push(bytes.subarray((row - segment.first) * segment.rowBytes, (until - segment.first) * segment.rowBytes))
        row = until
      }
      const [only, more] = pieces
      return only !== undefined && more === undefined ? only : Buffer.concat(pieces)
    }
  }
}

const sizeOf = ({ first, end, rowBytes }: Segment): number => (end - first) * rowBytes

/** What a part reads, in order. What is read twice in a row is one segment. */
function segmentsOf ({ tensors }: PartPlan, segmentBytes: number): Segment[] {
  const segments: Segment[] = []
  for (const part of tensors.flatMap(({ sources }) => sources)) {
    if ('zeros' in part) continue
    const { tensor: { name, shape, rowBytes }, first = 0, rows, columns, transposed } = part
    const isVector = shape.length === 1
    const start = isVector ? 0 : first
    const end = isVector ? 1 : first + (transposed === undefined ? rows : columns)
    // rows that become columns are read at once
    const most = transposed === undefined ? Math.max(1, Math.floor(segmentBytes / rowBytes)) : end - start
    for (let row = start; row < end; row += most) {
      const segment = { name, first: row, end: Math.min(end, row + most), rowBytes }
      const before = segments.at(-1)
      if (before?.name !== name || before.first !== segment.first || before.end !== segment.end) segments.push(segment)
    }
  }
  return segments
}
