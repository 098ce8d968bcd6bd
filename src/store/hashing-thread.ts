import type { createHash, Hash } from 'node:crypto'
import { Worker, type MessagePort } from 'node:worker_threads'

/**
 * Memory that the thread reads where it is. What moves between threads counts as new memory each time: V8 then collects garbage
 * all the while, for nothing.
 */
export type SharedBytes = Uint8Array<SharedArrayBuffer>

export const sharedBytes = (length: number): SharedBytes => new Uint8Array(new SharedArrayBuffer(length))

/** What became of a piece that was handed over. */
export interface CheckedPiece {
  readonly isRight: boolean
  /** Pieces, from the first on without a gap, that have gone into the whole blob's hash. */
  readonly hashed: number
  /** SHA-256 of the whole blob, once all its pieces have gone into it. */
  readonly whole: Uint8Array | undefined
}

/** The hashes of one blob. */
export interface BlobHasher {
  /** Compares a piece with its hash. A right one that comes next goes into the whole's hash too. Nobody may write to `bytes` meanwhile. */
  check (piece: number, bytes: SharedBytes): Promise<CheckedPiece>
}

/** Hashes beside the event loop, which is busy with decryption while weights come in. */
export interface HashingThread {
  /** @param hashes SHA-256 of each piece, one after another */
  blob (hashes: Uint8Array): BlobHasher
  close (): Promise<void>
}

interface Request {
  readonly number: number
  readonly blob: number
  readonly piece: number
  readonly pieces: number
  /** Of the piece, in hexadecimal. */
  readonly expected: string
  readonly bytes: SharedBytes
}

interface Answer extends CheckedPiece {
  readonly number: number
}

const HASH_BYTES = 32

/** A thread that starts with the first blob. */
export function hashingThread (): HashingThread {
  const waiting = new Map<number, PromiseWithResolvers<CheckedPiece>>()
  let worker: Worker | undefined
  let over: Error | undefined
  let requests = 0
  let blobs = 0

  function end (error: Error): void {
    over ??= error
    waiting.forEach(({ reject }) => { reject(error) })
    waiting.clear()
  }

  function started (): Worker {
    // the source is all that it runs: without this process's loaders, and without the helper that keeps names when those compile it
    const thread = new Worker(`const __name = (value) => value;\n(${serve.toString()})(require('node:worker_threads').parentPort, require('node:crypto').createHash)`, { eval: true, execArgv: [] })
    thread.on('message', ({ number, ...checked }: Answer) => {
      waiting.get(number)?.resolve(checked)
      waiting.delete(number)
    })
    thread.on('error', end)
    thread.on('exit', () => { end(new Error('the thread that hashes has ended')) })
    return thread
  }

  return {
    blob (hashes) {
      const blob = blobs++
      const pieces = hashes.byteLength / HASH_BYTES
      const expected = Buffer.from(hashes)
      // it takes a while to start, and pieces are on their way
      worker ??= started()
      const thread = worker
      return {
        async check (piece, bytes) {
          if (over !== undefined) throw over
          const number = requests++
          const answer = Promise.withResolvers<CheckedPiece>()
          waiting.set(number, answer)
          const request: Request = { number, blob, piece, pieces, expected: expected.toString('hex', piece * HASH_BYTES, (piece + 1) * HASH_BYTES), bytes }
          thread.postMessage(request)
          return await answer.promise
        }
      }
    },
    async close () {
      end(new Error('the thread that hashes was stopped'))
      await worker?.terminate()
    }
  }
}

/** What the thread runs. Its source is all that gets there: nothing outside it can be used. */
function serve (port: MessagePort, hash: typeof createHash): void {
  const blobs = new Map<number, { readonly whole: Hash, hashed: number }>()
  port.on('message', ({ number, blob, piece, pieces, expected, bytes }: Request) => {
    const state = blobs.get(blob) ?? { whole: hash('sha256'), hashed: 0 }
    blobs.set(blob, state)
    const isRight = hash('sha256').update(bytes).digest('hex') === expected
    if (isRight && piece === state.hashed) {
      state.whole.update(bytes)
      state.hashed++
    }
    const whole = state.hashed === pieces ? state.whole.copy().digest() : undefined
    const answer: Answer = { number, isRight, hashed: state.hashed, whole }
    port.postMessage(answer)
  })
}
