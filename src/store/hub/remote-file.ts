import { setTimeout as delay } from 'node:timers/promises'
import { HubError } from '../errors.ts'
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

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 4

/** A file at the hub as bytes that can be read at any place. A range that breaks off goes on where it broke. @throws {HubError} */
export function remoteFile ({ url, name, size, etag, token, fetch, signal, silenceMs = 20_000, attempts = 5, pauseMs = 500 }: RemoteFileInit): ByteSource {
  const { origin } = new URL(url)
  /** Where the hub said that the bytes are: asked directly until that is refused. */
  let elsewhere: string | undefined
  /** What the bytes are called there. */
  let tagElsewhere: string | undefined

  async function ask (from: number, to: number, ending: AbortSignal): Promise<Response> {
    let at = elsewhere ?? url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const isHub = new URL(at).origin === origin
      const response = await fetch(at, {
        redirect: 'manual',
        signal: ending,
        headers: { range: `bytes=${from}-${to - 1}`, ...(isHub && token !== undefined ? { authorization: `Bearer ${token}` } : {}) }
      })
      if (REDIRECTS.has(response.status)) {
        const linked = response.headers.get('x-linked-etag')
        await response.body?.cancel()
        if (linked !== null && linked !== etag) throw new HubError(`${name} changed at the hub while it was read; import it again`)
        at = new URL(response.headers.get('location') ?? '', at).href
        if (new URL(at).origin !== origin) elsewhere = at
        continue
      }
      const tag = response.headers.get('etag') ?? undefined
      if (response.ok && tag !== (isHub ? etag : tagElsewhere ?? tag)) {
        await response.body?.cancel()
        throw new HubError(`${name} changed at the hub while it was read; import it again`)
      }
      if (response.ok && !isHub) tagElsewhere = tag
      return response
    }
    throw new HubError(`the hub sends whoever asks for ${name} in circles`)
  }

  /** Fills `into` as far as one answer goes. @returns the bytes that came */
  async function part (into: Uint8Array, offset: number): Promise<number> {
    const silence = new AbortController()
    const ending = AbortSignal.any([silence.signal, ...(signal === undefined ? [] : [signal])])
    let timer: NodeJS.Timeout | undefined
    const watch = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => { silence.abort(new Error(`nothing came for ${silenceMs} ms`)) }, silenceMs)
    }
    let filled = 0
    try {
      const response = await ask(offset, offset + into.byteLength, ending)
      if (response.status !== 206) {
        await response.body?.cancel()
        // a link that was given for a while is over: the hub gives another
        if (elsewhere !== undefined && [401, 403, 404, 410].includes(response.status)) {
          elsewhere = undefined
          tagElsewhere = undefined
          return 0
        }
        throw new HubError(`${name}: the hub answered ${response.status} where a part of the file was asked for`)
      }
      if (response.headers.get('content-range') !== `bytes ${offset}-${offset + into.byteLength - 1}/${size}`) {
        await response.body?.cancel()
        throw new HubError(`${name}: the hub answered with ${response.headers.get('content-range') ?? 'no range'} where bytes ${offset} to ${offset + into.byteLength - 1} of ${size} were asked for`)
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
      return filled
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof HubError) throw error
      // a connection that was cut: what came is kept
      return filled
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
        const came = await part(bytes.subarray(at), offset + at)
        at += came
        idle = came > 0 ? 0 : idle + 1
        if (idle >= attempts) throw new HubError(`${name}: the hub breaks off at byte ${offset + at}, ${attempts} times one after another; start again later: what has been finished is kept`)
        if (at < length) await delay(came > 0 ? 0 : pauseMs * idle, undefined, signal === undefined ? {} : { signal })
      }
      return bytes
    }
  }
}
