import { access, isLoopback, type AccessEnv } from './access.ts'
import { callers } from './callers.ts'
import { guesses } from './guesses.ts'
import { ownKey } from './keys.ts'
import { principals } from './principals.ts'
import type { GatewayComponents, GatewayInit } from './types.ts'
import type { MiddlewareHandler } from 'hono'

/** Others than programs of this machine may come. */
export const isOpen = ({ host, trustedProxies = [] }: Pick<GatewayInit, 'host' | 'trustedProxies'>): boolean => !isLoopback(host) || trustedProxies.length > 0

/** Puts together what decides who comes in. Handlers behind it find who asks as `principal`. */
export function gate ({ keys, logger }: Pick<GatewayComponents, 'keys' | 'logger'>, init: Pick<GatewayInit, 'host' | 'apiKeys' | 'trustedProxies'>): MiddlewareHandler<AccessEnv> {
  const own = (init.apiKeys ?? []).map(ownKey)
  return access({
    keys: { keys: () => [...own, ...keys?.keys() ?? []] },
    principals: principals(),
    callers: callers(init.trustedProxies),
    guesses: guesses(),
    logger
  }, { open: isOpen(init), keysAlways: own.length > 0 })
}
