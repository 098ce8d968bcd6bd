import { HubError } from '../errors.ts'

export interface Followed {
  readonly response: Response
  /** Where it came from. */
  readonly url: string
  /** What the hub calls the file's content, wherever the bytes lie. Undefined where it did not say. */
  readonly linkedEtag: string | undefined
  /** The file's size, as the hub says it. */
  readonly linkedSize: string | undefined
}

export interface FollowInit {
  readonly fetch: typeof fetch
  /** Of the hub: others are not told who asks. */
  readonly origin: string
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 5

/**
 * Goes where the hub sends a request, hop by hop: a `fetch` that does so by itself forgets what the hub said of the file on the way, and
 * the CDN calls the same bytes by another name.
 * @throws {HubError} there are too many hops
 */
export async function follow (url: string, request: RequestInit, { fetch, origin }: FollowInit): Promise<Followed> {
  let linkedEtag: string | undefined
  let linkedSize: string | undefined
  let at = url
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const isHub = new URL(at).origin === origin
    const headers = new Headers(request.headers)
    if (!isHub) headers.delete('authorization')
    const response = await fetch(at, { ...request, headers, redirect: 'manual' })
    if (isHub) {
      linkedEtag = response.headers.get('x-linked-etag') ?? linkedEtag
      linkedSize = response.headers.get('x-linked-size') ?? linkedSize
    }
    const location = response.headers.get('location')
    if (!REDIRECTS.has(response.status) || location === null) return { response, url: at, linkedEtag, linkedSize }
    await response.body?.cancel()
    at = new URL(location, at).href
  }
  throw new HubError(`the hub sends whoever asks for ${url} in circles`)
}
