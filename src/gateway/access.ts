/**
 * Who may ask. On loopback: local programs, so that a web page elsewhere can't reach the gateway through somebody's browser
 * (neither by a request of its own nor by a name that it points at 127.0.0.1). On any other address: whoever has a key.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { HttpError } from './errors.ts'
import { isPeerPath } from './peer-page.ts'

/** True for names and addresses that only this machine reaches. `host` without a port, IPv6 with or without brackets. */
export function isLoopback (host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
}

function hostOf (url: string): string | undefined {
  try {
    return new URL(url).hostname
  } catch {
    return undefined
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares digests, so that neither the length nor the first wrong character of a guess shows in the time it takes. */
function keyCheck (keys: readonly string[]): (given: string) => boolean {
  const known = keys.map(digest)
  return (given) => {
    const hashed = digest(given)
    let found = false
    for (const key of known) {
      if (timingSafeEqual(key, hashed)) found = true
    }
    return found
  }
}

export interface AccessInit {
  /** The address that the gateway listens on. */
  readonly host: string
  readonly apiKeys: readonly string[]
}

export function access ({ host, apiKeys }: AccessInit): MiddlewareHandler {
  const local = isLoopback(host)
  const hasKey = keyCheck(apiKeys)
  return async (c, next) => {
    const origin = c.req.header('origin')
    if (local) {
      const asked = c.req.header('host')
      if (asked == null || !isLoopback(hostOf(`http://${asked}`) ?? '')) {
        throw new HttpError('this gateway answers to localhost and 127.0.0.1 only; start the node with --http HOST:PORT and SHOAL_API_KEY to open it', { status: 403, code: 'wrong_host' })
      }
      if (origin != null) {
        if (!isLoopback(hostOf(origin) ?? '')) {
          throw new HttpError('pages of other sites may not use this gateway', { status: 403, code: 'wrong_origin' })
        }
        c.header('access-control-allow-origin', origin)
        c.header('vary', 'origin')
        c.header('access-control-expose-headers', 'x-shoal-request-id, x-shoal-route, server-timing, retry-after')
        if (c.req.method === 'OPTIONS') {
          c.header('access-control-allow-methods', 'GET, POST')
          c.header('access-control-allow-headers', 'authorization, content-type')
          return c.body(null, 204)
        }
      }
    }
    if (apiKeys.length > 0 && c.req.path !== '/health' && !isPeerPath(c.req.path)) {
      const given = /^Bearer\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1]
      if (given == null || !hasKey(given)) {
        throw new HttpError(given == null ? 'an API key is needed: send `Authorization: Bearer KEY`' : 'this API key is not known here', { status: 401, code: 'invalid_api_key' })
      }
    }
    await next()
    return undefined
  }
}
