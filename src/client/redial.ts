/** Dials again who was joined at first and who was seen last, more and more seldom while nobody answers. */
import { anySignal } from 'any-signal'
import { encodeInvite } from '../p2p/portable.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface RedialComponents {
  /** An address or invite. @throws where nobody is reached */
  join (target: string, options: AbortOptions): Promise<unknown>
  /** Ms of a steady clock. */
  now (): number
  /** From 0 to 1. */
  random (): number
}

export interface RedialInit {
  /** Addresses and invites that are dialled whoever else is known. */
  readonly join: readonly string[]
  /** How long all together may take to be reached. */
  readonly dialMs: number
  /** Until the second try; each further one comes after twice as long, up to `maxWaitMs`. */
  readonly firstWaitMs: number
  readonly maxWaitMs: number
}

export interface Redial {
  /** Whom there is to dial. */
  readonly targets: readonly string[]
  /** Invites of who is there now; nobody is no reason to forget who was. */
  remember (invites: readonly string[]): void
  /** Whether the wait since the last try is over. */
  isDue (): boolean
  /** Dials all; the first one that answers is enough. @throws {NobodyReachedError} */
  dial (signal: AbortSignal): Promise<void>
  /** The next try need not wait. */
  reset (): void
}

/** Says how long the next try waits. */
export class NobodyReachedError extends Error {
  readonly waitMs: number

  constructor (waitMs: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'NobodyReachedError'
    this.waitMs = waitMs
  }
}

/** Nodes that are dialled besides those that were joined at first. */
const MAX_REMEMBERED = 16

export const invitesOf = (nodes: ReadonlyArray<{ readonly addresses: readonly string[] }>): string[] =>
  nodes.filter(({ addresses }) => addresses.length > 0).slice(0, MAX_REMEMBERED).map(({ addresses }) => encodeInvite({ addresses }))

export function redial ({ join, now, random }: RedialComponents, { join: first, dialMs, firstWaitMs, maxWaitMs }: RedialInit): Redial {
  let remembered: readonly string[] = []
  let failures = 0
  let dueMs = -Infinity
  const targets = (): string[] => [...new Set([...first, ...remembered])]
  const reset = (): void => {
    failures = 0
    dueMs = -Infinity
  }

  return {
    get targets () { return targets() },
    remember (invites) {
      if (invites.length > 0) remembered = invites.slice(0, MAX_REMEMBERED)
    },
    isDue: () => targets().length > 0 && now() >= dueMs,
    async dial (signal) {
      // not `AbortSignal.any`, which would leave something of every try in a signal that lives as long as the node
      const limited = anySignal([signal, AbortSignal.timeout(dialMs)])
      try {
        await Promise.any(targets().map(async (target) => await join(target, { signal: limited })))
        reset()
      } catch (error) {
        // spread, so that those who lost the same neighbour do not all come in one moment
        const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** failures++) * (0.5 + 0.5 * random())
        dueMs = now() + waitMs
        throw new NobodyReachedError(waitMs, error instanceof AggregateError ? error.errors[0] : error)
      } finally {
        limited.clear()
      }
    },
    reset
  }
}
