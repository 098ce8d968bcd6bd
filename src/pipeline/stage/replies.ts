/** What a stage says before it closes a link. */
import { Busy, Fault, FaultKind, Refused, RingType } from '../../../protocols/ring/index.ts'
import { encodeFrame } from '../frames.ts'
import type { Link } from '../../p2p/index.ts'

function dismiss (link: Link, type: number, payload: Uint8Array): void {
  if (link.closed) return
  link.send(encodeFrame({ type }, payload))
  link.close().catch((error: unknown) => { link.abort(error instanceof Error ? error : new Error('the link could not be closed')) })
}

/** @param peerId who was out of reach, where that is why */
export const refuse = (link: Link, code: string, message: string, peerId = ''): void => { dismiss(link, RingType.refused, Refused.encode({ code, message, peerId })) }

/** Whoever opened the link broke a rule. */
export const fault = (link: Link, message: string): void => { dismiss(link, RingType.fault, Fault.encode({ kind: FaultKind.request, code: '', message, peerId: '' })) }

export const busy = (link: Link, message: string, retryAfterMs: number): void => { dismiss(link, RingType.busy, Busy.encode({ retryAfterMs, message })) }
