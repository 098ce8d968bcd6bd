/**
 * Who may ask. On loopback: local programs; a web page elsewhere can't reach the gateway through somebody's browser by a name that it
 * points at 127.0.0.1 (pages under their own names: `cors.ts`). On any other address, and behind a proxy: whoever has a key.
 */
import { HttpError } from './errors.ts'
import { findKey, type ApiKey, type KeyRing } from './keys.ts'
import type { Caller, Callers } from './callers.ts'
import type { Guesses } from './guesses.ts'
import type { Principal, Principals } from './principals.ts'
import type { GatewayLogger } from './types.ts'
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'

/** What handlers find in the context behind `access`. */
export interface AccessEnv {
  Variables: { principal: Principal, caller: Caller }
  /** Undefined where a request comes without a socket, as in tests. */
  Bindings: Partial<HttpBindings>
}

/** Node's own request and response; neither in tests, where hono leaves `env` out. */
export const socketsOf = ({ env }: { readonly env: Partial<HttpBindings> | undefined }): Partial<HttpBindings> => env ?? {}

export interface AccessComponents {
  readonly keys: KeyRing
  readonly principals: Principals
  readonly callers: Callers
  readonly guesses: Guesses
  readonly logger: Pick<GatewayLogger, 'warn'>
}

export interface AccessInit {
  /** Others than programs of this machine may come: they need keys. */
  readonly open: boolean
  /** Also programs of this machine need one. @default false */
  readonly keysAlways?: boolean
}

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

/** For load balancers, which have no key, and for the page at /peer, which asks by the rules of the swarm. */
const PUBLIC: ReadonlySet<string> = new Set(['/health', '/api/peer'])
/** They have no body: what others bring is read for whoever may ask only. */
const isPublic = ({ method, path }: Context['req']): boolean => PUBLIC.has(path) && (method === 'GET' || method === 'HEAD')

/** Refuses a page elsewhere that comes by a name of its own, which it points at this machine. */
function checkHost (c: Context): void {
  const asked = c.req.header('host')
  if (asked == null || !isLoopback(hostOf(`http://${asked}`) ?? '')) {
    throw new HttpError('this gateway answers to localhost and 127.0.0.1 only; start the node with --http HOST:PORT and give out keys (`shoal keys add`) to open it', { status: 403, code: 'wrong_host' })
  }
}

export function access ({ keys, principals, callers, guesses, logger }: AccessComponents, { open, keysAlways = false }: AccessInit): MiddlewareHandler<AccessEnv> {
  const needed = open || keysAlways
  const seenInPlain = new Set<string>()

  const callerOf = (c: Context<AccessEnv>): Caller => {
    const socket = socketsOf(c).incoming?.socket
    return callers.of({
      address: socket?.remoteAddress ?? '',
      encrypted: socket != null && 'encrypted' in socket,
      forwardedFor: c.req.header('x-forwarded-for'),
      forwardedProto: c.req.header('x-forwarded-proto')
    })
  }

  function known (): readonly ApiKey[] {
    try {
      return keys.keys()
    } catch (error) {
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'the API keys can\'t be read')
      throw new HttpError('the keys of this gateway can\'t be read now; its log says why', { status: 503, code: 'keys_unreadable', retryAfterS: 30, cause: error })
    }
  }

  /** @throws {HttpError} 401, or 429 where this address has guessed before */
  function keyOf (given: string | undefined, { address }: Caller): ApiKey {
    if (given == null) throw new HttpError('an API key is needed: send `Authorization: Bearer KEY`', { status: 401, code: 'invalid_api_key' })
    const heldMs = guesses.heldMs(address)
    const found = findKey(known(), given)
    // 256 random bits are no guess: whoever has such a key goes on beside one who guesses from the same address
    if (found != null && (heldMs === 0 || !found.guessable)) return found
    if (heldMs > 0) {
      const seconds = Math.ceil(heldMs / 1000)
      throw new HttpError(`too many wrong keys came from this address; try again in ${seconds} s`, { status: 429, code: 'too_many_wrong_keys', retryAfterS: seconds })
    }
    guesses.wrong(address)
    throw new HttpError('this API key is not known here', { status: 401, code: 'invalid_api_key' })
  }

  function principalOf (c: Context<AccessEnv>, caller: Caller): Principal {
    const given = /^Bearer\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (!needed) {
      // OpenAI's libraries always send one: what is no key of ours is nothing
      const own = given == null ? undefined : findKey(known(), given)
      return own == null ? principals.local : principals.of(own)
    }
    const key = keyOf(given, caller)
    if (!caller.secure && !isLoopback(caller.address) && caller.address !== '' && !seenInPlain.has(key.id)) {
      seenInPlain.add(key.id)
      logger.warn({ key: key.name }, 'a key came over a connection that is not encrypted, where others may read it: use --http-cert or a proxy with TLS')
    }
    return principals.of(key)
  }

  return async (c, next) => {
    const caller = callerOf(c)
    c.set('caller', caller)
    if (!open) checkHost(c)
    if (isPublic(c.req)) {
      c.set('principal', principals.local)
      await next()
      return undefined
    }
    const principal = principalOf(c, caller)
    c.set('principal', principal)
    // What is asked for costs something; looking round does not.
    if (c.req.method !== 'POST') {
      await next()
      return undefined
    }
    const leave = principal.enter()
    for (const [name, value] of Object.entries(principal.headers())) c.header(name, value)
    const { outgoing } = socketsOf(c)
    // A stream goes on when its handler is done.
    outgoing?.once('close', leave)
    if (outgoing?.destroyed === true) leave()
    try {
      await next()
    } finally {
      if (outgoing == null) leave()
    }
    return undefined
  }
}
