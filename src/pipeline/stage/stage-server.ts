import {
  BEAT_MS, Beat, BeatState, Busy, ComputeCode, Fault, FaultKind, Hello, Open, RING_PROTOCOL, Refused, RefusedCode, RingType, SESSION_BYTES, UNUSED_MS
} from '../../../protocols/ring/index.ts'
import { systemClock } from '../clock.ts'
import { MalformedError } from '../errors.ts'
import { encodeFrame, parse, readFrame } from '../frames.ts'
import { holdQueue } from '../hold.ts'
import { idle } from '../idle.ts'
import { replayPool } from '../replay-buffer.ts'
import { lease, type Lease } from './lease.ts'
import { meter, type Meter } from './meter.ts'
import { prefixCaches } from './prefix-cache.ts'
import { UnreachableError } from './hops.ts'
import { hopPlan, stagePlan, type Refusal } from './stage-plan.ts'
import { stageSession, type StageSession } from './stage-session.ts'
import type { SpanParts, StageServer, StageServerComponents, StageServerInit } from './types.ts'
import type { SpanRunner } from '../../engine/index.ts'
import type { Link } from '../../p2p/index.ts'

const MiB = 1024 * 1024
/** Bounds of what a coordinator is told to wait. */
const MIN_RETRY_MS = 250
const MAX_RETRY_MS = 30_000
/** A token's time before any was measured. */
const UNKNOWN_DECODE_MS = 50

/** Of a control link whose span is being loaded. */
const MAX_WAITING_FRAMES = 64

/** What a link does with what comes, once its first frame has said what it is. */
interface LinkRole {
  frame (frame: Uint8Array): void
  closed (): void
}

const keyOf = (session: Uint8Array, start: number): string => `${Buffer.from(session).toString('hex')}/${start}`

export function stageServer (components: StageServerComponents, init: StageServerInit = {}): StageServer {
  const { host, clock = systemClock, spill } = components
  const { maxSessions = 256, maxSessionsPerPeer = 128, replayBytesPerSession = 32 * MiB, replayBytes = 512 * MiB, sharePrefixes = false } = init
  const offers = new Map<string, Map<SpanRunner, SpanParts | undefined>>()
  const meters = new WeakMap<SpanRunner, Meter>()
  const sessions = new Map<string, { readonly session: StageSession, readonly coordinator: string, readonly runner: SpanRunner }>()
  const cacheOf = prefixCaches()
  const replay = replayPool({ bytesPerSession: replayBytesPerSession, bytes: replayBytes }, spill)
  const empty = idle(() => sessions.size > 0)
  let draining = false

  /** HELLOs that came before their OPEN or REROUTE, by stage and epoch: stages enter an epoch in parallel. */
  const earlyLinks = holdQueue<{ readonly link: Link, readonly hello: Hello, readonly frame: Uint8Array, readonly become: (role: LinkRole) => void }>(clock, {
    ms: UNUSED_MS, perKey: 8, total: 512, expired: ({ link }) => { link.abort(new Error('no such session was opened')) }
  })

  const meterOf = (runner: SpanRunner): Meter => {
    const known = meters.get(runner) ?? meter(clock)
    meters.set(runner, known)
    return known
  }

  /** Says why, and closes. */
  function dismiss (link: Link, type: number, payload: Uint8Array): void {
    if (link.closed) return
    link.send(encodeFrame({ type }, payload))
    link.close().catch((error: unknown) => { link.abort(error instanceof Error ? error : new Error('the link could not be closed')) })
  }

  const refuse = (link: Link, code: string, message: string, peerId = ''): void => { dismiss(link, RingType.refused, Refused.encode({ code, message, peerId })) }
  const busy = (link: Link, message: string): void => { dismiss(link, RingType.busy, Busy.encode({ retryAfterMs: retryAfterMs(), message })) }

  /** When the first session that is at work will have ended, if it takes all the positions it reserved. */
  function retryAfterMs (): number {
    let soonest = MAX_RETRY_MS
    for (const { session, runner } of sessions.values()) {
      soonest = Math.min(soonest, session.left * (meterOf(runner).rates.decodeMsPerToken || UNKNOWN_DECODE_MS))
    }
    return sessions.size === 0 ? MIN_RETRY_MS : Math.ceil(Math.max(MIN_RETRY_MS, soonest))
  }

  function accept (link: Link): void {
    const waiting = clock.after(UNUSED_MS, () => { link.abort(new Error('nothing was said')) })
    const nothing: LinkRole = { frame () { /* what comes after a refusal */ }, closed () { /* nothing was held */ } }
    const first: LinkRole = {
      frame (frame) {
        waiting()
        role = nothing
        try {
          const { header, payload } = readFrame(frame)
          if (header.type === RingType.open) role = opened(link, parse(Open.decode, payload, 'the OPEN')) ?? nothing
          else if (header.type === RingType.hello) greeted(link, parse(Hello.decode, payload, 'the HELLO'), frame, (next) => { role = next })
          else throw new MalformedError(`a link begins with OPEN or HELLO, not with a frame of type ${header.type}`)
        } catch (error) {
          const message = error instanceof Error ? error.message : 'the frame is wrong'
          dismiss(link, RingType.fault, Fault.encode({ kind: FaultKind.request, code: '', message, peerId: '' }))
        }
      },
      closed: waiting
    }
    let role = first
    link.listen({
      frame (frame) { role.frame(frame) },
      close () { role.closed() }
    })
  }

  function greeted (link: Link, hello: Hello, frame: Uint8Array, become: (role: LinkRole) => void): void {
    if (hello.session.length !== SESSION_BYTES) throw new MalformedError(`a session of ${hello.session.length} bytes`)
    const key = keyOf(hello.session, hello.to)
    const open = sessions.get(key)?.session
    if (open !== undefined && open.epoch >= hello.epoch) {
      if (open.epoch > hello.epoch) throw new MalformedError(`epoch ${hello.epoch} of this session is over`)
      become(open.attach(link, hello, frame))
      return
    }
    const rest: LinkRole = {
      frame () { link.abort(new Error('data before the session is open')) },
      closed () { /* forgotten when its time is up */ }
    }
    if (!earlyLinks.add(`${key}/${hello.epoch}`, { link, hello, frame, become })) throw new MalformedError('too many links wait for their sessions')
    become(rest)
  }

  function opened (link: Link, open: Open): LinkRole | undefined {
    if (draining) {
      refuse(link, RefusedCode.draining, 'this node takes no more sessions')
      return undefined
    }
    const offered = [...offers.get(open.modelId) ?? []]
    const isWhole = offered.some(([{ span, compute }]) => span.start === open.start && span.end === open.end && ComputeCode[compute] === open.compute)
    const parts = isWhole
      ? undefined
      : offered.find(([{ span, compute }]) => span.start <= open.start && open.start < open.end && open.end <= span.end && ComputeCode[compute] === open.compute)?.[1]
    return parts === undefined ? begun(link, open, offered.map(([runner]) => runner)) : partOpened(link, open, parts)
  }

  /** A span that is entered in its middle: its part has to be loaded first, and what comes meanwhile waits. */
  function partOpened (link: Link, open: Open, parts: SpanParts): LinkRole {
    const stopped = new AbortController()
    const waiting: Uint8Array[] = []
    let role: LinkRole | undefined
    let stopBeating = clock.after(BEAT_MS, beat)
    function beat (): void {
      stopBeating = clock.after(BEAT_MS, beat)
      if (!link.closed) link.send(encodeFrame({ type: RingType.beat, epoch: open.epoch }, Beat.encode({ state: BeatState.queued })))
    }
    parts.open({ start: open.start, end: open.end }, { signal: stopped.signal }).then(({ runner, release }) => {
      if (!stopped.signal.aborted) role = begun(link, open, [runner], release)
      if (role === undefined) release()
      for (const frame of waiting) role?.frame(frame)
    }, (error: unknown) => {
      if (!link.closed) busy(link, error instanceof Error ? error.message : 'that part could not be loaded')
    }).finally(() => { stopBeating() })
    return {
      frame (frame) {
        if (role !== undefined) role.frame(frame)
        else if (waiting.push(frame) > MAX_WAITING_FRAMES) link.abort(new Error('more than may come before READY'))
      },
      closed () {
        stopped.abort(new Error('nobody waits for it any more'))
        role?.closed()
      }
    }
  }

  function begun (link: Link, open: Open, runners: readonly SpanRunner[], onReleased: () => void = () => undefined): LinkRole | undefined {
    const plan = stagePlan(open, runners)
    const place = hopPlan(open, open.epoch)
    if ('code' in plan || 'code' in place) {
      const { code, message } = 'code' in plan ? plan : place as Refusal // `as`: one of both is
      refuse(link, code, message)
      return undefined
    }
    const key = keyOf(plan.session, plan.runner.span.start)
    const before = sessions.get(key)
    if (before !== undefined) {
      if (before.coordinator !== link.peer || before.session.epoch >= place.epoch) {
        refuse(link, RefusedCode.malformed, 'this session is open already')
        return undefined
      }
      // its coordinator lost sight of this stage, and begins anew
      before.session.end()
    }
    const own = [...sessions.values()].filter(({ coordinator }) => coordinator === link.peer).length
    if (sessions.size >= maxSessions || own >= maxSessionsPerPeer) {
      busy(link, `${own} sessions of this coordinator and ${sessions.size} in all are at work`)
      return undefined
    }
    let leased: Lease
    try {
      leased = lease({ runner: plan.runner, cache: cacheOf(plan.runner), coordinator: sharePrefixes ? '' : link.peer, keys: plan.prefix, positions: plan.positions })
    } catch (error) {
      const message = error instanceof Error ? error.message : 'no slot'
      if (error instanceof Error && error.name === 'ContextLengthError') refuse(link, RefusedCode.context, message)
      else busy(link, message)
      return undefined
    }

    const session = stageSession({
      host,
      clock,
      meter: meterOf(plan.runner),
      replay: replay.buffer(),
      control: link,
      lease: leased,
      entered (epoch) {
        // an epoch begins without what was said in the one before it
        if (draining) session.leave()
        for (const early of earlyLinks.take(`${key}/${epoch}`)) {
          try {
            early.become(session.attach(early.link, early.hello, early.frame))
          } catch (error) {
            early.link.abort(error instanceof Error ? error : new Error('not a previous stage'))
          }
        }
      },
      released () {
        sessions.delete(key)
        onReleased()
        empty.changed()
      }
    }, plan, place)
    sessions.set(key, { session, coordinator: link.peer, runner: plan.runner })
    session.open().catch((error: unknown) => {
      if (error instanceof UnreachableError && !link.closed) refuse(link, RefusedCode.unreachable, error.message, error.peerId)
      session.end()
    })
    return { frame: session.control, closed: session.end }
  }

  return {
    async start () {
      await host.handle(RING_PROTOCOL, accept, { maxInboundLinks: 4 * maxSessions, maxInboundLinksPerPeer: 3 * maxSessionsPerPeer })
    },

    async stop () {
      draining = true
      await host.unhandle(RING_PROTOCOL)
      for (const { session } of [...sessions.values()]) {
        session.fail({ kind: FaultKind.capacity, code: RefusedCode.draining, message: 'the node is stopping' })
        session.end()
      }
      earlyLinks.clear()
    },

    offer (modelId, runner, parts) {
      const runners = offers.get(modelId) ?? new Map<SpanRunner, SpanParts | undefined>()
      runners.set(runner, parts)
      offers.set(modelId, runners)
      return () => {
        runners.delete(runner)
        if (runners.size === 0 && offers.get(modelId) === runners) offers.delete(modelId)
      }
    },

    get sessions () { return sessions.size },

    rates: (runner) => meterOf(runner).rates,

    leave () {
      draining = true
      for (const { session } of sessions.values()) session.leave()
    },

    stay () { draining = false },

    async drain (options) {
      draining = true
      await empty.wait(options)
    }
  }
}
