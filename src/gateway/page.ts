/**
 * The page at `/`, as `scripts/build.mjs` left it in a folder. What can be asked for is a list made from that folder once, never
 * a path of the file system. Asked without a key: the page is the same for everybody, and is where a key is typed in.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Hono } from 'hono'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm'
}

const NOT_BUILT = 'The page is not built: run `npm run build` and start the node again. The API is at /v1, the swarm at /api/swarm.\n'

/** Nothing but this gateway's own files; markup made from text goes through DOMPurify, and a browser that knows trusted types sees to that. */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", 'trusted-types dompurify'
].join('; ')

/** `/peer` speaks to nodes over WebSockets, wherever they are; the cipher of a private swarm is WebAssembly. It makes no markup from text. */
const PEER_POLICY = POLICY.replace("connect-src 'self'", "connect-src 'self' ws: wss:").replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'").replace('trusted-types dompurify', "trusted-types 'none'")
const policyOf = (url: string): string => url === '/peer' ? PEER_POLICY : POLICY

const COMMON = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin'
}

interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>
  readonly zipped: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
}

const zip = promisify(gzip)

async function load (folder: string, path: string): Promise<PageFile> {
  const body = new Uint8Array(await readFile(join(folder, path)))
  const type = extname(path)
  return {
    body,
    zipped: new Uint8Array(await zip(body)),
    headers: {
      ...COMMON,
      'content-type': TYPES[type] ?? '',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
      vary: 'accept-encoding',
      // every other file has a hash of its content in its name
      ...(type === '.html' ? { 'cache-control': 'no-cache', 'content-security-policy': policyOf(urlOf(path)) } : { 'cache-control': 'public, max-age=31536000, immutable' })
    }
  }
}

/** `index.html` is `/`, `peer.html` is `/peer`, the rest is where it lies. */
const urlOf = (path: string): string => `/${path.split(sep).join('/').replace(/^index\.html$/, '').replace(/\.html$/, '')}`

const PAGES: ReadonlySet<string> = new Set(['/', '/peer'])

async function loadAll (folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile() && extname(entry.name) in TYPES).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  return new Map(await Promise.all(paths.map(async (path) => [urlOf(path), await load(folder, path)] as const)))
}

/**
 * Serves what the folder has; all of it is read at the first question, so that a build that replaces it meanwhile breaks no open page.
 * @param folder absolute; where it is undefined or lacks a page, its path says how to make one
 */
export function page (folder: string | undefined): Hono {
  const app = new Hono()
  let loading: Promise<ReadonlyMap<string, PageFile>> | undefined
  const files = async (): Promise<ReadonlyMap<string, PageFile>> => {
    loading ??= folder === undefined ? Promise.reject(new Error('there is no folder')) : loadAll(folder)
    return await loading.catch(() => {
      loading = undefined
      return new Map<string, PageFile>()
    })
  }
  app.on('GET', [...PAGES, '/assets/*'], async (c, next) => {
    const { path } = c.req
    const file = (await files()).get(path)
    if (file == null) {
      if (PAGES.has(path)) return c.text(NOT_BUILT, 404, COMMON)
      await next()
      return undefined
    }
    if (c.req.header('if-none-match')?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.headers.etag) === true) return c.body(null, 304, file.headers)
    const zipped = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '')
    return c.body(zipped ? file.zipped : file.body, 200, { ...file.headers, ...(zipped ? { 'content-encoding': 'gzip' } : {}) })
  })
  return app
}
