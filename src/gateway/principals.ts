/** Who asks, and what is left of what they may ask for. */
import { bucket, type Bucket } from './bucket.ts'
import { HttpError } from './errors.ts'
import type { ApiKey, KeyLimits } from './keys.ts'
import type { GatewayModel, Generator } from './types.ts'
import type { GenerateEvent } from '../pipeline/index.ts'

/** The owner of a key, or a program of this machine. Handlers find theirs in the context as `principal`. */
export interface Principal {
  /** Of its key; `local` without one. */
  readonly id: string
  readonly name: string
  /** Goes before others where places are short. */
  readonly priority: boolean
  mayUse (model: Pick<GatewayModel, 'name' | 'modelId'>): boolean
  /** Takes a place for one request; call what comes back when it is over. @throws {HttpError} 429: too many at once, or too soon */
  enter (): () => void
  /** Tokens that were computed for it: its next request waits where they were too many. */
  charge (tokens: number): void
  /** `x-ratelimit-…`, as OpenAI has them. */
  headers (): Readonly<Record<string, string>>
}

export interface Principals {
  /** Programs of this machine, where no key is asked for. */
  readonly local: Principal
  of (key: ApiKey): Principal
}

const MAX_KNOWN = 4096

function principal (id: string, name: string, limits: KeyLimits, now: () => number): Principal {
  const { requestsPerMinute, tokensPerMinute, concurrent, models, priority = false } = limits
  const requests = requestsPerMinute == null ? undefined : bucket(requestsPerMinute, now)
  const tokens = tokensPerMinute == null ? undefined : bucket(tokensPerMinute, now)
  let atWork = 0

  const tooMany = (what: string, waitMs: number): HttpError =>
    new HttpError(`this key may ${what}; try again in ${Math.ceil(waitMs / 1000)} s`, { status: 429, code: 'rate_limit_exceeded', retryAfterS: Math.ceil(waitMs / 1000) })
  const told = (what: string, limit: number | undefined, left: Bucket | undefined): Record<string, string> =>
    limit == null || left == null ? {} : { [`x-ratelimit-limit-${what}`]: String(limit), [`x-ratelimit-remaining-${what}`]: String(left.left) }

  return {
    id,
    name,
    priority,
    mayUse: (model) => models == null || models.includes(model.modelId) || models.includes(model.name),
    enter () {
      if (concurrent != null && atWork >= concurrent) throw tooMany(`have ${concurrent} request${concurrent === 1 ? '' : 's'} under way at once`, 1000)
      const late = tokens?.wait()
      if (late != null) throw tooMany(`use ${tokensPerMinute ?? 0} tokens a minute`, late)
      const soon = requests?.wait()
      if (soon != null) throw tooMany(`send ${requestsPerMinute ?? 0} requests a minute`, soon)
      requests?.take(1)
      atWork++
      let over = false
      return () => {
        if (!over) atWork--
        over = true
      }
    },
    charge (count) { tokens?.take(count) },
    headers: () => ({ ...told('requests', requestsPerMinute, requests), ...told('tokens', tokensPerMinute, tokens) })
  }
}

/** @param now ms of a steady clock */
export function principals (now: () => number = () => performance.now()): Principals {
  const known = new Map<string, { readonly key: ApiKey, readonly principal: Principal }>()
  return {
    local: principal('local', 'this machine', { priority: true }, now),
    of (key) {
      const before = known.get(key.id)
      // a file that was read anew has other objects with the same limits in them
      if (before != null && (before.key === key || JSON.stringify(before.key) === JSON.stringify(key))) return before.principal
      const made = principal(key.id, key.name, key, now)
      known.set(key.id, { key, principal: made })
      const [oldest] = known.keys()
      if (known.size > MAX_KNOWN && oldest != null) known.delete(oldest)
      return made
    }
  }
}

/** The same, as far as one who asks may use it; what it computes for them is counted. */
export function forPrincipal (generator: Generator, asks: Pick<Principal, 'mayUse' | 'charge'>): Generator {
  return {
    models: async (options) => (await generator.models(options)).filter((model) => asks.mayUse(model)),
    async * generate (request, options): AsyncGenerator<GenerateEvent> {
      for await (const event of generator.generate(request, options)) {
        if (event.kind === 'started') asks.charge(event.promptTokens)
        else if (event.kind === 'token') asks.charge(1)
        yield event
      }
    }
  }
}
