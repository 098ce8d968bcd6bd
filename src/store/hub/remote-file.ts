import { setTimeout as delay } from 'node:timers/promises'
import { HubError } from '../errors.ts'
import { follow } from './follow.ts'
import type { ByteSource } from '../../model/index.ts'

export interface RemoteFileInit {
  /** At the hub: it answers with the bytes, or says where they are. */
  readonly url: string
  /** For people. */
  readonly name: string
  readonly size: number
  readonly etag: string
  /** For the hub's own origin, and nobody else. */
  readonly token: string | undefined
  readonly fetch: typeof fetch
  readonly signal?: AbortSignal | undefined
  /** A body of which nothing comes for so long is asked for again, from there. @default 20,000 */
  readonly silenceMs?: number
  /** Tries without a byte in between. @default 5 */
  readonly attempts?: number
  /** @default 500 */
  readonly pauseMs?: number
}

/** Where the hub said that the bytes are: asked directly, as long as that is let. */
interface Link {
  readonly url: string
  /** What the bytes are called there. */
  readonly etag: string | undefined
  readonly uses: number
}

/** What whoever gave a link for a while says when it is over, or when it was given for other bytes. */
const REFUSALS = new Set([401, 403, 404, 410])

/** A file at the hub as bytes that can be read at any place. A range that breaks off goes on where it broke. @throws {HubError} */
export function remoteFile ({ url, name, size, etag, token, fetch, signal, silenceMs = 20_000, attempts = 5, pauseMs = 500 }: RemoteFileInit): ByteSource {
  const { origin } = new URL(url)
  let link: Link | undefined
  /** Some links are signed for the one range for which they were given: then each range has to ask the hub. */
  let linksLast = true

  /** Undefined where a link is refused, which is forgotten. */
  async function ask (from: number, to: number, ending: AbortSignal): Promise<Response | undefined> {
    const known = linksLast ? link : undefined
    const headers = { range: `bytes=${from}-${to - 1}`, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
    const { response, url: at, linkedEtag } = await follow(known?.url ?? url, { signal: ending, headers }, { fetch, origin })
    const isHub = new URL(at).origin === origin
    if (!isHub && REFUSALS.has(response.status)) {
      await response.body?.cancel()
      if (known?.uses === 1) linksLast = false
      link = undefined
      return undefined
    }
    const tag = response.headers.get('etag') ?? undefined
    // the CDN has a name of its own for the bytes: it stays the same as long as one link is used
    const isOther = known === undefined || isHub ? (linkedEtag ?? tag) !== etag : (known.etag ?? tag) !== tag
    if (response.ok && isOther) {
      await response.body?.cancel()
      throw new HubError(`${name} changed at the hub while it was read; import it again`)
    }
    if (response.ok && !isHub) link = { url: at, etag: tag, uses: known === undefined ? 1 : known.uses + 1 }
    return response
  }

  /** Fills `into` as far as one answer goes. @returns the bytes that came */
  async function part (into: Uint8Array, offset: number): Promise<{ readonly filled: number, readonly error?: unknown }> {
    const silence = new AbortController()
    const ending = AbortSignal.any([silence.signal, ...(signal === undefined ? [] : [signal])])
    let timer: NodeJS.Timeout | undefined
    const watch = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => { silence.abort(new Error(`nothing came for ${silenceMs} ms`)) }, silenceMs)
    }
    let filled = 0
    try {
      const end = offset + into.byteLength
      const hadLink = link !== undefined && linksLast
      // a link that is over costs no pause: the hub gives another
      const response = await ask(offset, end, ending) ?? (hadLink ? await ask(offset, end, ending) : undefined)
      if (response === undefined) return { filled, error: new Error('the place that the hub names refuses') }
      if (response.status !== 206) {
        await response.body?.cancel()
        throw new HubError(`${name}: the hub answered ${response.status} where a part of the file was asked for`)
      }
      if (response.headers.get('content-range') !== `bytes ${offset}-${end - 1}/${size}`) {
        await response.body?.cancel()
        throw new HubError(`${name}: the hub answered with ${response.headers.get('content-range') ?? 'no range'} where bytes ${offset} to ${end - 1} of ${size} were asked for`)
      }
      watch()
      const reader = response.body?.getReader()
      for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
        watch()
        const bytes = chunk.value
        if (filled + bytes.byteLength > into.byteLength) throw new HubError(`${name}: the hub sent more than was asked for`)
        into.set(bytes, filled)
        filled += bytes.byteLength
      }
      return { filled }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof HubError) throw error
      // a connection that was cut: what came is kept. Where nothing did, the hub may know a better place
      if (filled === 0) link = undefined
      return { filled, error }
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    size,
    async read (offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) throw new HubError(`${name} ends at byte ${size}; ${offset + length} bytes are needed`)
      const bytes = new Uint8Array(length)
      let idle = 0
      for (let at = 0; at < length;) {
        const { filled, error } = await part(bytes.subarray(at), offset + at)
        at += filled
        idle = filled > 0 ? 0 : idle + 1
        if (idle >= attempts) throw new HubError(`${name}: the hub breaks off at byte ${offset + at}, ${attempts} times one after another; start again later: what has been finished is kept`, { cause: error })
        if (at < length) await delay(filled > 0 ? 0 : pauseMs * idle, undefined, signal === undefined ? {} : { signal })
      }
      return bytes
    }
  }
}
