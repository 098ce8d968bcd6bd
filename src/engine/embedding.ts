import { close, open, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { asFloat32, asUint16, dequantiseRows, f16ArrayToF32, type BlobRange, type TensorEntry } from '../model/index.ts'
import { EngineError } from './errors.ts'

const openAsync = promisify(open)
const readAsync = promisify(read)
const closeAsync = promisify(close)

/** Rows of the token embedding, read from its blob as they are needed: a vocabulary of gigabytes costs no memory of ours. */
export interface Embedding {
  /** Writes the rows of `ids` into `out`, `[ids, H]`. One row is read at once, as it is on every token's path; more off the event loop. */
  lookUp (ids: Uint32Array, out: Float32Array): Promise<void> | void
  close (): Promise<void>
}

/** Bytes of one row in each of the tensor's ranges. */
interface RowRange {
  readonly range: BlobRange
  readonly rowBytes: number
  readonly buffer: Uint8Array
}

/** @param scale of every value @throws {EngineError} where the blob can't be read */
export async function openEmbedding (path: string, entry: TensorEntry, scale = 1): Promise<Embedding> {
  const [, columns = 0] = entry.shape
  const file = await openAsync(path, 'r').catch((error: unknown) => {
    throw new EngineError(`can't read the embedding ${path}`, { cause: error })
  })
  const ranges = rowRanges(entry, columns)
  const decode = scaled(await rowDecoder(file, entry, columns), scale)

  return {
    lookUp: (ids, out) => {
      const [only] = ids
      if (ids.length === 1 && only != null) {
        for (const { range, rowBytes, buffer } of ranges) {
          complete(readSync(file, buffer, 0, rowBytes, range.offset + only * rowBytes), rowBytes, path)
        }
        decode(only, ranges.map(({ buffer }) => buffer), out)
        return
      }
      return lookUpMany(ids, out)
    },
    close: async () => { await closeAsync(file) }
  }

  async function lookUpMany (ids: Uint32Array, out: Float32Array): Promise<void> {
    await Promise.all(Array.from(ids, async (id, row) => {
      const buffers = await Promise.all(ranges.map(async ({ range, rowBytes }) => {
        const buffer = new Uint8Array(rowBytes)
        complete((await readAsync(file, buffer, 0, rowBytes, range.offset + id * rowBytes)).bytesRead, rowBytes, path)
        return buffer
      }))
      decode(id, buffers, out.subarray(row * columns, (row + 1) * columns))
    }))
  }
}

function complete (bytesRead: number, expected: number, path: string): void {
  if (bytesRead !== expected) {
    throw new EngineError(`the embedding ${path} is shorter than its manifest says`)
  }
}

function rowRanges (entry: TensorEntry, columns: number): RowRange[] {
  const of = (range: BlobRange, rowBytes: number): RowRange => ({ range, rowBytes, buffer: new Uint8Array(new ArrayBuffer(rowBytes)) })
  return entry.kind === 'dense'
    ? [of(entry.data, columns * (entry.dtype === 'f32' ? 4 : 2))]
    : [of(entry.data, columns * entry.bits / 8), of(entry.scales, columns / entry.block * 4)]
}

/** Multiplies a row in float32, as the reference does. */
const scaled = (decode: RowDecoder, scale: number): RowDecoder => scale === 1
  ? decode
  : (id, buffers, out) => {
      decode(id, buffers, out)
      for (let column = 0; column < out.length; column++) {
        out[column] = (out[column] ?? 0) * scale
      }
    }

type RowDecoder = (id: number, buffers: readonly Uint8Array[], out: Float32Array) => void

async function rowDecoder (file: number, entry: TensorEntry, columns: number): Promise<RowDecoder> {
  if (entry.kind === 'dense') {
    const { dtype } = entry
    return (_id, [bytes], out) => {
      if (bytes != null && dtype === 'f32') {
        out.set(asFloat32(bytes))
      } else if (bytes != null) {
        f16ArrayToF32(asUint16(bytes), out)
      }
    }
  }
  const [vocabulary] = entry.shape
  // Minimums lie transposed, a value a run for the whole vocabulary: a row of them is all over the range, so it is kept.
  let minimums: Float32Array | undefined
  if (entry.minimums != null) {
    const bytes = new Uint8Array(entry.minimums.length)
    complete((await readAsync(file, bytes, 0, bytes.length, entry.minimums.offset)).bytesRead, bytes.length, 'file')
    minimums = asFloat32(bytes)
  }
  return (id, [data, scales], out) => {
    if (data != null && scales != null) {
      dequantiseRows(entry, 1, columns, { data, scales: asFloat32(scales), minimums: minimums?.subarray(id) }, out, { minimumRow: 0, minimumRun: vocabulary })
    }
  }
}
