/**
 * Brings a node back into the swarm by itself: after a sleep of the machine, and when it has lost every connection. Who it joined at
 * first and whom it last saw are dialled again, more and more seldom while nobody answers.
 */
import { anySignal } from 'any-signal'
import { NobodyReachedError, redial } from '../client/index.ts'
import { absenceWatch, type Times } from './absence.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface RejoinComponents {
  /** Milliseconds since 1970. */
  wallMs (): number
  /** Never going back. */
  monotonicMs (): number
  /** From 0 to 1. */
  random (): number
  /** Nodes at the other end of a connection: somebody's chat keeps nobody in the swarm. */
  neighbours (): Promise<readonly string[]>
  /** @throws where it does not answer */
  ping (peer: string, options: AbortOptions): Promise<unknown>
  /** Ends its connections without a word. */
  drop (peer: string): void
  /** An address or invite. @throws where nobody is reached */
  join (target: string, options: AbortOptions): Promise<unknown>
  /** Invites of nodes that are known now. */
  known (): readonly string[]
  /** This node is in the swarm again: its record is to be published anew, and those of others to be read. */
  back (options: AbortOptions): Promise<void>
  log (fields: object, message: string): void
}

export interface RejoinInit {
  /** Addresses and invites that the node was told to join. */
  readonly join: readonly string[]
  /** Between two looks. @default 2,000 */
  readonly everyMs?: number
  /** How late a look is after a sleep, at least. @default 5,000 */
  readonly lateMs?: number
}

export interface Rejoin {
  /** Looks now, and does what there is to do. One look at a time: another one meanwhile does nothing. */
  look (): Promise<void>
  /** Looks again and again. */
  start (): void
  stop (): Promise<void>
}

const EVERY_MS = 2000
const LATE_MS = 5000
const PING_MS = 3000
const DIAL_MS = 10_000
const BACK_MS = 10_000
const FIRST_RETRY_MS = 2000
const MAX_RETRY_MS = 60_000

const wordsOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

export function rejoin (components: RejoinComponents, { join, everyMs = EVERY_MS, lateMs = LATE_MS }: RejoinInit): Rejoin {
  const { wallMs, monotonicMs, random, neighbours, ping, drop, known, back, log } = components
  const absence = absenceWatch({ everyMs, lateMs })
  const stopping = new AbortController()
  const others = redial({ join: components.join, now: monotonicMs, random }, { join, dialMs: DIAL_MS, firstWaitMs: FIRST_RETRY_MS, maxWaitMs: MAX_RETRY_MS })
  let isAlone = false
  let looking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  /** `AbortSignal.any` would leave something of every try in `stopping`, which lives as long as the node. */
  const within = async (ms: number, attempt: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    const limited = anySignal([stopping.signal, AbortSignal.timeout(ms)])
    try {
      await attempt(limited)
    } finally {
      limited.clear()
    }
  }

  const times = (): Times => ({ wallMs: wallMs(), monotonicMs: monotonicMs() })

  /** A connection of before a sleep looks alive until somebody tries it. */
  async function tryConnections (): Promise<void> {
    const peers = await neighbours()
    await within(PING_MS, async (signal) => {
      await Promise.all(peers.map(async (peer) => {
        await ping(peer, { signal }).catch(() => { if (!stopping.signal.aborted) drop(peer) })
      }))
    })
  }

  async function dial (): Promise<void> {
    if (!others.isDue()) return
    try {
      await others.dial(stopping.signal)
    } catch (error) {
      log({ targets: others.targets.length, ...(error instanceof NobodyReachedError ? { again: Math.round(error.waitMs) } : {}), error: wordsOf(error) }, 'no node could be joined again')
    }
  }

  async function lookOnce (): Promise<void> {
    const absentMs = absence.look(times())
    if (absentMs > 0) {
      log({ absentMs: Math.round(absentMs) }, 'this machine slept; looking whether others are still there')
      others.reset()
      await tryConnections()
    }
    let near = await neighbours()
    if (near.length === 0) {
      if (!isAlone && others.targets.length > 0) log({}, 'every connection is lost')
      isAlone = true
      await dial()
      near = await neighbours()
    }
    if (stopping.signal.aborted || near.length === 0) return
    if (isAlone || absentMs > 0) {
      log({ neighbours: near.length }, 'in the swarm again')
      isAlone = false
      others.reset()
      await within(BACK_MS, async (signal) => { await back({ signal }) }).catch((error: unknown) => { if (!stopping.signal.aborted) log({ error: wordsOf(error) }, 'the swarm could not be read') })
    }
    others.remember(known())
  }

  async function look (): Promise<void> {
    if (looking !== undefined) return
    looking = lookOnce()
    try {
      await looking
    } finally {
      looking = undefined
    }
  }

  return {
    look,
    start () {
      absence.look(times())
      timer = setInterval(() => { look().catch((error: unknown) => { log({ error: wordsOf(error) }, 'looking for others went wrong') }) }, everyMs)
    },
    async stop () {
      clearInterval(timer)
      stopping.abort(new Error('the node is stopping'))
      await looking
    }
  }
}
