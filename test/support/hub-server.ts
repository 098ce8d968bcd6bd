/** A local HTTP server that behaves like the hub, with a second one in the place of its CDN. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export interface HubServerInit {
  /** Files of each `org/name`. */
  readonly repositories: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>
  /** Files from this size on lie at the CDN. @default 100,000 */
  readonly largeBytes?: number
  /** How the hub keeps large files, and so how it answers to whoever asks for them. @default 'xet' */
  readonly storage?: 'xet' | 'lfs'
  /** Whether a link to the CDN is good for any range, or for that one alone for which it was given. @default 'any' */
  readonly links?: 'any' | 'one range'
  /** Repositories that want a token. */
  readonly gated?: Readonly<Record<string, string>>
  /** Decides over each request before anything else. True: it has answered, or destroyed the connection. */
  disturb? (request: IncomingMessage, response: ServerResponse, server: 'hub' | 'cdn'): boolean
  /** Changes what a file's bytes are called. */
  etag? (path: string): string | undefined
  /** Bytes of a body after which the connection is cut; undefined: none. */
  cutAfter? (path: string): number | undefined
}

export interface HubServer {
  readonly url: string
  readonly commit: string
  /** Requests, in order. */
  readonly requests: ReadonlyArray<{ readonly server: 'hub' | 'cdn', readonly path: string, readonly range: string | undefined, readonly authorization: string | undefined }>
  /** Bytes of files that were sent. */
  sentBytes (): number
  reset (): void
  close (): Promise<void>
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567'

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

export async function hubServer ({ repositories, largeBytes = 100_000, storage = 'xet', links = 'any', gated = {}, disturb, etag, cutAfter }: HubServerInit): Promise<HubServer> {
  const requests: Array<HubServer['requests'][number]> = []
  let sent = 0

  const note = (request: IncomingMessage, server: 'hub' | 'cdn'): void => {
    requests.push({ server, path: request.url ?? '', range: request.headers.range, authorization: request.headers.authorization })
  }
  const tagOf = (path: string, bytes: Uint8Array): string => etag?.(path) ?? `"${createHash('sha256').update(bytes).digest('hex')}"`

  /** The CDN calls the same bytes by another name than the hub. */
  const tagAtCdn = (path: string, bytes: Uint8Array): string => tagOf(path, bytes).replace(/^"/, '"cdn-')

  function sendRange (request: IncomingMessage, response: ServerResponse, path: string, bytes: Uint8Array, tag: string): void {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const start = Number(from ?? 0)
    const end = Math.min(bytes.byteLength, Number(to ?? bytes.byteLength - 1) + 1)
    const part = bytes.subarray(start, end)
    response.writeHead(from === undefined ? 200 : 206, {
      'etag': tag, 'content-length': part.byteLength, 'accept-ranges': 'bytes',
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${bytes.byteLength}` })
    })
    const cut = cutAfter?.(path)
    if (cut !== undefined && cut < part.byteLength) {
      sent += cut
      response.write(part.subarray(0, cut), () => { response.destroy() })
      return
    }
    sent += part.byteLength
    response.end(part)
  }

  const cdn = createServer((request, response) => {
    note(request, 'cdn')
    if (disturb?.(request, response, 'cdn') === true) return
    const url = new URL(request.url ?? '/', 'http://cdn')
    const path = decodeURIComponent(url.pathname).slice(1)
    const [org = '', name = '', ...file] = path.split('/')
    const bytes = repositories[`${org}/${name}`]?.[file.join('/')]
    if (bytes === undefined) response.writeHead(404).end()
    else if (url.searchParams.get('range') !== (links === 'any' ? null : request.headers.range)) response.writeHead(403).end()
    else sendRange(request, response, path, bytes, tagAtCdn(path, bytes))
  })
  const cdnUrl = await listen(cdn)

  const hub = createServer((request, response) => {
    note(request, 'hub')
    if (disturb?.(request, response, 'hub') === true) return
    const url = new URL(request.url ?? '/', 'http://hub')
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(url.pathname)
    const resolve = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname)
    const name = api?.[1] ?? resolve?.[1] ?? ''
    const files = repositories[name]
    const token = gated[name]
    if (files === undefined) {
      response.writeHead(404, { 'content-type': 'application/json', 'x-error-code': 'RepoNotFound' }).end('{"error":"Repository not found"}')
      return
    }
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(request.headers.authorization === undefined ? 401 : 403, { 'content-type': 'application/json', 'x-error-code': 'GatedRepo' }).end('{"error":"Access to this repository is restricted"}')
      return
    }
    if (api !== null) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
        _id: '1', id: name, sha: COMMIT, private: false, gated: false, downloads: 0, likes: 0, lastModified: new Date(0).toISOString(),
        siblings: Object.keys(files).map((rfilename) => ({ rfilename }))
      }))
      return
    }
    const path = decodeURIComponent(resolve?.[3] ?? '')
    const bytes = files[path]
    if (bytes === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    } else if (bytes.byteLength < largeBytes) {
      sendRange(request, response, `${name}/${path}`, bytes, tagOf(`${name}/${path}`, bytes))
    } else if (storage === 'xet' && request.headers.accept?.includes('xet-fileinfo') === true) {
      response.writeHead(200, {
        'content-type': 'application/vnd.xet-fileinfo+json', 'x-linked-size': bytes.byteLength, 'x-linked-etag': tagOf(`${name}/${path}`, bytes), 'etag': '"pointer"', 'x-xet-hash': '00',
        'x-repo-commit': COMMIT, 'link': `<${cdnUrl}/auth>; rel="xet-auth", <${cdnUrl}/reconstruction>; rel="xet-reconstruction-info"`
      }).end('{}')
    } else {
      response.writeHead(302, { 'location': `${cdnUrl}/${name}/${path}${links === 'any' ? '' : `?range=${encodeURIComponent(request.headers.range ?? '')}`}`, 'x-linked-size': bytes.byteLength, 'x-linked-etag': tagOf(`${name}/${path}`, bytes), 'x-repo-commit': COMMIT }).end()
    }
  })
  const url = await listen(hub)

  return {
    url,
    commit: COMMIT,
    requests,
    sentBytes: () => sent,
    reset () {
      requests.length = 0
      sent = 0
    },
    async close () {
      for (const server of [hub, cdn]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    }
  }
}
