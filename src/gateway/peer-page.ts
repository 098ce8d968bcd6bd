/**
 * The page at `/peer`, which is a peer itself: its files, as `scripts/build.mjs` left them, and the addresses at which it can join the
 * node that it came from. Needs no key: what it shows is public, and asking goes by the rules of the swarm.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Hono } from 'hono'

/** This node as a page can dial it. */
export interface PeerSelf {
  readonly peerId: string
  /** Multiaddrs with `/p2p/`. */
  addresses (): readonly string[]
}

/** Nothing but the page's own files, and WebSockets to nodes, wherever they are; a private swarm's cipher is WebAssembly. */
const POLICY = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", 'img-src data:', "connect-src 'self' ws: wss:",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"
].join('; ')

const COMMON = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' }
const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' }
const ASSET = /^peer-[A-Z0-9]+\.(js|css)$/

/** Paths that anybody may ask for. */
export const isPeerPath = (path: string): boolean => path === '/peer' || path === '/api/peer' || ASSET.test(path.replace(/^\/assets\//, ''))

/** @param folder of the built pages; where it has none, `/peer` says how to build them */
export function peerPage (self: PeerSelf | undefined, folder: string | undefined): Hono {
  const app = new Hono()

  /** Only what the folder lists is read: no path comes from a request. */
  const fileOf = async (parts: readonly string[]): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const [name = '', ...above] = [...parts].reverse()
    const within = join(folder ?? '', ...above.reverse())
    if (folder === undefined || !(await readdir(within).catch((): string[] => [])).includes(name)) return undefined
    return new Uint8Array(await readFile(join(within, name)))
  }

  app.get('/peer', async (c) => {
    const page = await fileOf(['peer.html'])
    return page === undefined
      ? c.text('The page is not built: run `npm run build` and start the node again.\n', 404, COMMON)
      : c.body(page, 200, { ...COMMON, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY, 'cache-control': 'no-cache' })
  })
  app.get('/assets/:name', async (c, next) => {
    const name = c.req.param('name')
    const type = TYPES[ASSET.exec(name)?.[1] ?? '']
    const file = type === undefined ? undefined : await fileOf(['assets', name])
    if (type === undefined || file === undefined) {
      await next()
      return undefined
    }
    return c.body(file, 200, { ...COMMON, 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' })
  })
  app.get('/api/peer', (c) => c.json({ peerId: self?.peerId ?? '', addresses: self?.addresses() ?? [] }))
  return app
}
