import { NoCapacityError, PeerFaultError, RequestError } from '../../../protocols/generate/index.ts'
import { FIRST_OPTIONAL_TYPE } from '../../../protocols/frame/index.ts'
import {
  Beat, BeatState, Busy, ComputeCode, Fault, FaultKind, MAX_ROWS, Open, RING_PROTOCOL, Ready, Refused, RefusedCode, Result, RingType, Role, type Tail
} from '../../../protocols/ring/index.ts'
import { encodeFrame, idBytes, parse, readFrame, type FrameHeader } from '../frames.ts'
import { prefixKeys, reusable } from '../prefix.ts'
import { eventQueue } from './event-queue.ts'
import { ringWatch, type StageState } from './watch.ts'
import type { Clock } from '../clock.ts'
import type { RouteStage, Wire } from '../types.ts'
import type { FoundRoute } from './routes.ts'
import type { Host, Link } from '../../p2p/index.ts'

export interface RingInit {
  readonly session: Uint8Array<ArrayBuffer>
  readonly modelId: string
  readonly wire: Wire
  readonly positions: number
  readonly route: FoundRoute
  readonly tail: Tail
  /** Of the model's rotations, by the prompt's length. */
  readonly ropeVariant: number
  /** The prompt, where stages may reuse what they have of it. */
  readonly reusable: readonly number[]
  readonly openTimeoutMs: number
  readonly signal: AbortSignal
}

/** What the tail says: tokens, or the prompt's own scored. */
export interface RingResult {
  readonly position: number
  readonly result: Result
}

/** Stages that are ready, watched until the session ends. */
export interface Ring {
  readonly route: readonly RouteStage[]
  /** Leading positions of the prompt that every stage has already. */
  readonly cached: number
  /** Sends the prompt, chunk by chunk; `score` = rows of each that need logits. */
  prompt (chunks: ReadonlyArray<{ readonly from: number, readonly ids: readonly number[], readonly score: number }>): void
  /** Ends without an error only by `close`. */
  readonly results: AsyncIterable<RingResult>
  /** Frees every stage. */
  close (): void
}

/** A route that could not be opened: whom to leave out of the next, and what to say where there is no next. */
export class RouteError extends Error {
  override name = 'RouteError'
  readonly exclude: string
  readonly reason: Error

  constructor (exclude: string, reason: Error) {
    super(reason.message)
    this.exclude = exclude
    this.reason = reason
  }
}

const states: Readonly<Record<number, StageState>> = {
  [BeatState.waiting]: 'waiting', [BeatState.queued]: 'queued', [BeatState.computing]: 'computing', [BeatState.sent]: 'sent'
}

const EPOCH = 1
/** How long a link may take to close before it is cut. */
const CLOSE_MS = 1000
const RETRY_AFTER_MS = 1000
/** A peer's own words in a message of ours. */
const MAX_WORDS = 512

export interface RingComponents {
  readonly host: Pick<Host, 'peerId' | 'open'>
  readonly clock: Clock
}

/** Opens all stages in parallel. @throws {RouteError} after everything was released @throws the signal's reason */
export async function openRing ({ host, clock }: RingComponents, init: RingInit): Promise<Ring> {
  const { session, route: { hops, compute }, signal, positions } = init
  const results = eventQueue<RingResult>()
  const links = new Map<number, Link>()
  const opening = new AbortController()
  const local = new Set(hops.flatMap(({ peerId }, index) => peerId === host.peerId ? [index] : []))
  let watch = ringWatch(hops.length, clock.now(), local)
  let over = false
  let stopTimer = (): void => { /* nothing is timed yet */ }
  /** Tokens that the tail may still report. */
  let cached = reusable(Infinity, init.reusable.length)
  let allowed = init.tail.maxTokens + (init.tail.scorePrompt ? init.tail.promptTokens : 0)

  const at = (index: number): FoundRoute['hops'][number] => {
    const hop = hops[(index + hops.length) % hops.length]
    if (hop === undefined) throw new Error('a route has at least one hop')
    return hop
  }
  const named = (index: number): string => `${at(index).peerId} (layers ${at(index).start}:${at(index).end})`
  const fault = (index: number, what: string, cause?: unknown): PeerFaultError =>
    new PeerFaultError(`${named(index)} ${what}`, at(index).peerId, cause === undefined ? undefined : { cause })

  function end (error?: Error): void {
    if (over) return
    over = true
    stopTimer()
    results.end(error)
    opening.abort(error ?? new Error('the session is over'))
    for (const link of links.values()) release(link)
  }

  function tell (index: number, frame: Uint8Array): void {
    const link = links.get(index)
    if (over || link === undefined || link.closed) return
    try {
      link.send(frame)
    } catch (error) {
      end(fault(index, 'takes no more', error))
    }
  }

  const keysOf = (index: number): Uint8Array<ArrayBuffer> => prefixKeys({ wire: init.wire, compute, ropeVariant: init.ropeVariant, upstream: hops.slice(0, index) }, init.reusable)

  function openFrame (index: number): Uint8Array {
    const { start, end: last } = at(index)
    const isTail = index === hops.length - 1
    const [prev, next] = [at(index - 1), at(index + 1)]
    return encodeFrame({ type: RingType.open, epoch: EPOCH }, Open.encode({
      session,
      epoch: EPOCH,
      modelId: init.modelId,
      start,
      end: last,
      compute: ComputeCode[compute],
      wire: init.wire,
      positions,
      prev: [{ peerId: prev.peerId, start: prev.start, addresses: [] }],
      next: [{ peerId: next.peerId, start: next.start, addresses: next.addresses.slice(0, 16) }],
      role: Role.active,
      emitFrom: 0,
      ropeVariant: init.ropeVariant,
      requires: [],
      stages: hops.length,
      prefix: keysOf(index),
      ...(isTail ? { tail: init.tail } : {})
    }))
  }

  async function openStage (index: number): Promise<void> {
    const { peerId, addresses } = at(index)
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    promise.catch(() => { /* told by the await below, unless the dial failed first */ })
    const late = clock.after(init.openTimeoutMs, () => { reject(new RouteError(peerId, fault(index, `was not ready within ${init.openTimeoutMs} ms`))) })
    const stop = (): void => { reject(opening.signal.reason as Error) } // `as`: always aborted with an error
    opening.signal.addEventListener('abort', stop)
    try {
      const dial = host.open(peerId, RING_PROTOCOL, { addresses, signal: opening.signal }).then((made) => {
        if (over || opening.signal.aborted) release(made)
        return made
      }, (error: unknown) => { throw new RouteError(peerId, fault(index, "can't be reached", error)) })
      const link = await Promise.race([dial, promise.then(() => dial)])
      opening.signal.throwIfAborted()
      links.set(index, link)
      let ready = false
      link.listen({
        frame (frame) {
          try {
            const { header, payload } = readFrame(frame)
            if (ready) {
              running(index, header, payload)
              return
            }
            answered(index, header, payload)
            ready = true
            resolve(undefined)
          } catch (error) {
            if (ready) end(error instanceof PeerFaultError ? error : fault(index, 'sent what it must not', error))
            else reject(error instanceof RouteError ? error : new RouteError(peerId, fault(index, 'sent what it must not', error)))
          }
        },
        close () {
          if (ready) end(fault(index, 'ended the session'))
          else reject(new RouteError(peerId, fault(index, 'ended the link before it was ready')))
        }
      })
      link.send(openFrame(index))
      await promise
    } catch (error) {
      throw error instanceof RouteError || opening.signal.aborted ? error : new RouteError(peerId, fault(index, 'ended the link before it was ready', error))
    } finally {
      late()
      opening.signal.removeEventListener('abort', stop)
    }
  }

  /** Takes READY. @throws {RouteError} for every other answer */
  function answered (index: number, { type }: FrameHeader, payload: Uint8Array): void {
    const { peerId } = at(index)
    switch (type) {
      case RingType.ready:
        cached = reusable(Math.min(cached, parse(Ready.decode, payload, 'the answer').cached), init.reusable.length)
        return
      case RingType.busy: {
        const { retryAfterMs, message } = parse(Busy.decode, payload, 'the answer')
        throw new RouteError(peerId, new NoCapacityError(`${named(index)} has no capacity now: ${message.slice(0, MAX_WORDS)}`, Math.min(retryAfterMs, 60_000)))
      }
      case RingType.refused: {
        const { code, message, peerId: other } = parse(Refused.decode, payload, 'the answer')
        const words = `${named(index)} refused: ${message.slice(0, MAX_WORDS)}`
        if (code === RefusedCode.unreachable && hops.some((hop) => hop.peerId === other)) throw new RouteError(other, new PeerFaultError(words, other))
        throw new RouteError(peerId, new NoCapacityError(words, RETRY_AFTER_MS))
      }
      case RingType.fault:
        throw new RouteError(peerId, faultOf(index, payload))
      default:
        throw new RouteError(peerId, fault(index, `answered with a frame of type ${type}`))
    }
  }

  function faultOf (index: number, payload: Uint8Array): Error {
    const { kind, message, peerId } = parse(Fault.decode, payload, 'the fault')
    const words = message.slice(0, MAX_WORDS)
    switch (kind) {
      case FaultKind.request:
        return new RequestError(`${named(index)} refused: ${words}`)
      case FaultKind.capacity:
        return new NoCapacityError(`${named(index)} gave the session up: ${words}`, RETRY_AFTER_MS)
      case FaultKind.peer: {
        const other = hops.findIndex((hop) => hop.peerId === peerId)
        return other < 0 ? fault(index, `failed: ${words}`) : new PeerFaultError(`${named(other)} is at fault: ${words}`, peerId)
      }
      default:
        return fault(index, `failed: ${words}`)
    }
  }

  function running (index: number, { type, lap, position, rows }: FrameHeader, payload: Uint8Array): void {
    switch (type) {
      case RingType.beat: {
        const state = states[parse(Beat.decode, payload, 'the beat').state]
        if (state !== undefined) watch.beat(index, lap, state, clock.now())
        check()
        return
      }
      case RingType.result: {
        if (index !== hops.length - 1) throw fault(index, 'sent a result, and is not the last stage')
        const result = parse(Result.decode, payload, 'the result')
        allowed -= result.tokens.length
        if (result.tokens.length !== rows || rows > MAX_ROWS || allowed < 0) throw fault(index, 'sent more tokens than it was asked for')
        watch.progress(clock.now())
        results.push({ position, result })
        return
      }
      case RingType.gap:
        end(position < cached
          ? fault(index, `does not have the ${cached} positions of the prompt that it said it has`)
          : fault(index - 1, `sent positions that ${named(index)} can't use: it has ${position}`))
        return
      case RingType.fault:
        end(faultOf(index, payload))
        return
      default:
        if (type < FIRST_OPTIONAL_TYPE) throw fault(index, `sent a frame of type ${type}`)
    }
  }

  /** Does what the watch says, and comes back when it wants to be asked again. */
  function check (): void {
    if (over) return
    stopTimer()
    const verdict = watch.next(clock.now())
    switch (verdict.kind) {
      case 'wait':
        stopTimer = clock.after(verdict.ms, check)
        return
      case 'ask': {
        watch.asked(clock.now())
        const ask = encodeFrame({ type: RingType.beat, epoch: EPOCH }, Beat.encode({ state: 0 }))
        for (const index of links.keys()) tell(index, ask)
        check()
        return
      }
      case 'fault':
        end(fault(verdict.stage, verdict.why))
        return
      case 'network':
        end(new NoCapacityError('all other nodes of the route fell silent at once: this node has lost its network', RETRY_AFTER_MS))
    }
  }

  const cancel = (): void => { opening.abort(signal.reason) }
  signal.throwIfAborted()
  signal.addEventListener('abort', cancel)
  try {
    await Promise.all(hops.map((_hop, index) => openStage(index)))
  } catch (error) {
    end()
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
  watch = ringWatch(hops.length, clock.now(), local)
  check()

  return {
    route: hops.map(({ peerId, start, end: last }) => ({ peerId, span: [start, last] as const })),

    cached,

    prompt (chunks) {
      for (const [index, { from, ids, score }] of chunks.entries()) {
        tell(0, encodeFrame({ type: RingType.ids, epoch: EPOCH, lap: index + 1, position: from, rows: ids.length, score }, idBytes(ids)))
      }
    },

    results,
    close: () => { end() }
  }
}

/** Says that the session is over, and closes; cuts the link where that takes too long. */
function release (link: Link): void {
  if (link.closed) return
  try {
    link.send(encodeFrame({ type: RingType.close, epoch: EPOCH }))
  } catch {
    link.abort(new Error('the session is over'))
    return
  }
  link.close({ signal: AbortSignal.timeout(CLOSE_MS) }).catch((error: unknown) => { link.abort(error instanceof Error ? error : new Error('the session is over')) })
}
