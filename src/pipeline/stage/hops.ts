import { HOP_DIAL_MS, type Hello } from '../../../protocols/ring/index.ts'
import { MalformedError } from '../errors.ts'
import { inbound, type Inbound } from './inbound.ts'
import { outlet, type Outlet } from './outlet.ts'
import type { HopPlan, StagePlan } from './stage-plan.ts'
import type { FrameHeader } from '../frames.ts'
import type { Clock, Host, Link } from '../../p2p/index.ts'

/** How long a neighbour that was told of the end may take to close. */
const LINGER_MS = 1000
/** Data links that one session takes in an epoch. */
const MAX_INBOUND = 16

export interface HopsComponents {
  readonly host: Pick<Host, 'open' | 'sign' | 'verify'>
  readonly clock: Clock
}

export interface HopsEvents {
  /** A data frame. @throws {MalformedError} */
  data (header: FrameHeader, payload: Uint8Array, link: Link): void
  /** A neighbour is at fault. Not called after `end`. */
  fault (peerId: string, message: string): void
}

/** The data links of one stage in one epoch: from the stages before it, and to those behind it. */
export interface Hops {
  readonly plan: HopPlan
  /** A data link that begins with HELLO. @throws {MalformedError} where its peer is none of the previous stages */
  attach (link: Link, hello: Hello, helloFrame: Uint8Array): Inbound
  /** Dials the next stages. @throws {UnreachableError} */
  dial (): Promise<void>
  readonly outlets: readonly Outlet[]
  /** Aborts when these links end. */
  readonly signal: AbortSignal
  /** Holds the senders back, or lets them go on. */
  hold (wanted: boolean): void
  /** Tells the next stages that it was all, and closes. Nothing is reported any more. */
  end (): void
}

/** A next stage could not be dialled. */
export class UnreachableError extends Error {
  override name = 'UnreachableError'
  readonly peerId: string

  constructor (peerId: string, options?: ErrorOptions) {
    super(`the next stage ${peerId} can't be reached`, options)
    this.peerId = peerId
  }
}

export function hops ({ host, clock }: HopsComponents, stage: StagePlan, plan: HopPlan, events: HopsEvents): Hops {
  const stopping = new AbortController()
  const inbounds = new Set<Inbound>()
  let outlets: Outlet[] = []
  let held = false
  let over = false

  const fault = (peerId: string, message: string): void => { if (!over) events.fault(peerId, message) }

  return {
    plan,
    get outlets () { return outlets },
    signal: stopping.signal,

    attach (link, hello, helloFrame) {
      if (!plan.prev.some(({ peerId, start }) => peerId === link.peer && start === hello.from)) {
        throw new MalformedError(`${link.peer} is not a previous stage of this session`)
      }
      if (inbounds.size >= MAX_INBOUND) throw new MalformedError('the session has data links enough')
      const made = inbound({ host, link, hello, helloFrame }, {
        data (header, payload) { if (!over) events.data(header, payload, link) },
        fault (error) { fault(link.peer, `${link.peer} sent what it must not: ${error.message}`) },
        ended (announced) {
          inbounds.delete(made)
          if (!announced) fault(link.peer, `the previous stage ${link.peer} ended the link`)
        }
      })
      inbounds.add(made)
      if (held) link.pause()
      return made
    },

    async dial () {
      // a standby has nothing to send
      if (!plan.emits) return
      const opened = await Promise.allSettled(plan.next.map(async (next) => {
        try {
          return await outlet(host, stage, plan.epoch, next, {
            lost (peerId, reason) { fault(peerId, reason === undefined ? `the next stage ${peerId} ended the link` : reason.message) }
          }, { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(HOP_DIAL_MS)]) })
        } catch (error) {
          throw new UnreachableError(next.peerId, { cause: error })
        }
      }))
      outlets = opened.flatMap((each) => each.status === 'fulfilled' ? [each.value] : [])
      const failed = opened.find((each) => each.status === 'rejected')
      if (failed === undefined && !over) return
      for (const each of outlets) each.abort(new Error('the session is over'))
      throw failed?.reason ?? new Error('the session is over')
    },

    hold (wanted) {
      held = wanted
      for (const { link } of inbounds) if (wanted) link.pause(); else link.resume()
    },

    end () {
      if (over) return
      over = true
      stopping.abort(new Error('the session is over'))
      for (const each of outlets) each.close().catch((error: unknown) => { each.abort(error instanceof Error ? error : new Error('the hop could not be closed')) })
      const lingering = [...inbounds]
      // held back, they would never hear that the sender has closed
      for (const { link } of lingering) if (held) link.resume()
      clock.after(LINGER_MS, () => {
        for (const { link } of lingering) if (!link.closed) link.abort(new Error('the session is over'))
      })
    }
  }
}
