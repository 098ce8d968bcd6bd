/** Reads a request's body whole before its handler runs: bounded in size, in time, and in what all bodies together take. */
import { socketsOf, type AccessEnv } from './access.ts'
import { HttpError } from './errors.ts'
import type { MiddlewareHandler } from 'hono'
import type { IncomingMessage } from 'node:http'

export interface BodyInit {
  /** Of one body. */
  readonly maxBytes: number
  /** How long a body may take. @default 30,000 */
  readonly deadlineMs?: number | undefined
  /** Of all bodies that are being read or answered. @default 128 MiB */
  readonly totalBytes?: number | undefined
}

/** Told of every piece. @throws {HttpError} it is too much */
type Count = (bytes: number) => void

const tooLarge = (): HttpError => new HttpError('the request is too large', { status: 413, code: 'request_too_large' })

/** Handlers read it as ever (`c.req.json()`, `c.req.text()`). Behind `access`: nothing is read for whoever may not ask. */
export function wholeBody ({ maxBytes, deadlineMs = 30_000, totalBytes = 128 * 1024 * 1024 }: BodyInit): MiddlewareHandler<AccessEnv> {
  let held = 0
  return async (c, next) => {
    if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge()
    if (c.req.method === 'GET' || c.req.method === 'HEAD') {
      await next()
      return
    }
    let own = 0
    const count: Count = (bytes) => {
      own += bytes
      held += bytes
      if (own > maxBytes) throw tooLarge()
      if (held > totalBytes) throw new HttpError('too many large requests are being read; try again', { status: 503, code: 'overloaded', retryAfterS: 1 })
    }
    try {
      const { incoming } = socketsOf(c)
      const text = textOf(incoming == null ? await whole(c.req.raw, count) : await read(incoming, count, deadlineMs))
      c.req.bodyCache.text = Promise.resolve(text) as unknown as string // hono keeps promises there, and says that they are texts
      await next()
    } finally {
      held -= own
    }
  }
}

async function whole (request: Request, count: Count): Promise<Uint8Array> {
  const bytes = new Uint8Array(await request.arrayBuffer())
  count(bytes.byteLength)
  return bytes
}

/** What the connection brings, piece by piece. Where it is refused, the rest is left to whoever closes the connection. */
async function read (incoming: IncomingMessage, count: Count, deadlineMs: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const data = (chunk: Uint8Array): void => {
    try {
      count(chunk.byteLength)
      chunks.push(chunk)
    } catch (error) {
      reject(error) // `count` throws errors only
    }
  }
  const end = (): void => { resolve(undefined) }
  const gone = (): void => { reject(new HttpError('the client left', { status: 400 })) }
  const late = setTimeout(() => { reject(new HttpError(`the body has to be here within ${Math.ceil(deadlineMs / 1000)} s`, { status: 408, code: 'request_timeout' })) }, deadlineMs)
  incoming.on('data', data).on('end', end).on('close', gone).on('error', gone)
  try {
    await promise
    return Buffer.concat(chunks)
  } catch (error) {
    incoming.pause()
    throw error
  } finally {
    clearTimeout(late)
    // `gone` stays for an error that comes when nobody listens any more
    incoming.off('data', data).off('end', end).off('close', gone)
  }
}

function textOf (bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new HttpError('the body is not UTF-8', { status: 400, code: 'invalid_encoding' })
  }
}
