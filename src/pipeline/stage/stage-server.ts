import { FaultKind, Feature, RING_PROTOCOL, RefusedCode, SESSION_BYTES, type Hello, type Open } from '../../../protocols/ring/index.ts'
import { systemClock, type Link } from '../../p2p/index.ts'
import { MalformedError } from '../errors.ts'
import { idle } from '../idle.ts'
import { sessionName } from '../log.ts'
import { replayPool } from '../replay-buffer.ts'
import { preference } from '../peer-tokens.ts'
import { admission, type NoPlace } from './admission.ts'
import { earlyLinks, type EarlyLink } from './early-links.ts'
import { awaitFirstFrame } from './first-frame.ts'
import { lease, takenOver, type Lease } from './lease.ts'
import { meter, type Meter } from './meter.ts'
import { orphanNames, orphans as orphansOf, wantedBy, type Orphan } from './orphans.ts'
import { prefixCaches } from './prefix-cache.ts'
import { UnreachableError } from './hops.ts'
import { partWait } from './part-wait.ts'
import { busy, fault, refuse } from './replies.ts'
import { hopPlan, stagePlan, type HopPlan, type Refusal, type SpanShape, type StagePlan } from './stage-plan.ts'
import { stageSession } from './stage-session.ts'
import type { LinkRole } from './link-role.ts'
import type { StageSession } from './session-types.ts'
import type { GrammarVocabulary } from '../grammar/index.ts'
import type { SpanParts, StageServer, StageServerComponents, StageServerInit } from './types.ts'
import type { SpanRunner } from '../../engine/index.ts'

const MiB = 1024 * 1024
/** Bounds of what a coordinator is told to wait. */
const MIN_RETRY_MS = 250
const MAX_RETRY_MS = 30_000
/** A token's time before any was measured. */
const UNKNOWN_DECODE_MS = 50

/** What a control link holds: a session at work, or a place for one whose part is being loaded. */
interface Held {
  readonly coordinator: string
  readonly place: string
  readonly epoch: number
  readonly work?: { readonly session: StageSession, readonly runner: SpanRunner, readonly names: readonly string[] }
  /** This node takes no more: who is at work is asked to go on elsewhere, who waits is refused. */
  leave (): void
  end (): void
}

/** A part that is not loaded, or may not be. */
interface PartShape extends SpanShape { readonly parts: SpanParts }

/** Of a HELLO. Several coordinators may have sessions at one place: whoever hears a session's id could open it first. */
const placeOf = (session: Uint8Array, start: number): string => `${sessionName(session)}/${start}`
const keyOf = ({ coordinator, place }: Pick<Held, 'coordinator' | 'place'>): string => `${coordinator}/${place}`

export function stageServer (components: StageServerComponents, init: StageServerInit = {}): StageServer {
  const { host, clock = systemClock, spill, grammars, observer, log } = components
  const { maxSessions = 256, maxSessionsPerPeer = 128, replayBytesPerSession = 32 * MiB, replayBytes = 512 * MiB, sharePrefixes = false, tokensPerMinutePerPeer, prefer } = init
  const offers = new Map<string, Map<SpanRunner, SpanParts | undefined>>()
  const vocabularies = new Map<string, GrammarVocabulary>()
  const meters = new WeakMap<SpanRunner, Meter>()
  const sessions = new Map<string, Held>()
  const cacheOf = prefixCaches()
  const replay = replayPool({ bytesPerSession: replayBytesPerSession, bytes: replayBytes }, spill)
  const orphans = orphansOf(clock)
  const empty = idle(() => sessions.size > 0)
  let draining = false
  const comesFirst = preference(host.peerId, { prefer })
  /** Whoever says that a prompt is one and sends another leaves others a wrong KV: those alone share who are trusted. */
  const sharesPrefixes = (peer: string): boolean => sharePrefixes && comesFirst(peer)
  const places = admission(host.peerId, clock, { maxSessions, maxSessionsPerPeer, tokensPerMinutePerPeer, prefer })

  const early = earlyLinks(clock)

  const meterOf = (runner: SpanRunner): Meter => {
    const known = meters.get(runner) ?? meter(clock)
    meters.set(runner, known)
    return known
  }

  const busyBy = (link: Link, { message, retryAfterMs = soonest() }: NoPlace): void => { busy(link, message, Math.min(MAX_RETRY_MS, retryAfterMs)) }
  const full = (link: Link, message: string): void => { busyBy(link, places.full(link.peer, message, [...sessions.values()])) }

  /** When the first session that is at work will have ended, if it takes all the positions it reserved. */
  function soonest (): number {
    let found = MAX_RETRY_MS
    for (const { work } of sessions.values()) {
      if (work !== undefined) found = Math.min(found, work.session.left * (meterOf(work.runner).rates.decodeMsPerToken || UNKNOWN_DECODE_MS))
    }
    return sessions.size === 0 ? MIN_RETRY_MS : Math.ceil(Math.max(MIN_RETRY_MS, found))
  }

  function greeted (link: Link, hello: Hello, frame: Uint8Array, become: (role: LinkRole) => void): void {
    if (hello.session.length !== SESSION_BYTES) throw new MalformedError(`a session of ${hello.session.length} bytes`)
    const place = placeOf(hello.session, hello.to)
    const open = [...sessions.values()].flatMap((held) => held.place === place && held.work !== undefined ? held.work.session : [])
    const made: EarlyLink = { link, hello, helloFrame: frame, become, refuse: (message) => { fault(link, message) } }
    if (!open.some((session) => session.epoch === hello.epoch && isTaken(session, made))) early.add(`${place}/${hello.epoch}`, made)
  }

  /** By the session, if it names the link's peer as a previous stage. */
  function isTaken (session: StageSession, { link, hello, helloFrame, become }: EarlyLink): boolean {
    try {
      become(session.attach(link, hello, helloFrame))
      return true
    } catch (error) {
      if (error instanceof MalformedError) return false
      throw error
    }
  }

  const refuseDraining = (link: Link): void => { refuse(link, RefusedCode.draining, 'this node takes no more sessions') }

  /** Spans that can be entered for this OPEN: those that are loaded before parts that have to be. */
  function offered (open: Open): Array<SpanRunner | PartShape> {
    const whole = [...offers.get(open.modelId) ?? []]
    const span = { start: open.start, end: open.end }
    return [...whole.map(([runner]) => runner), ...whole.flatMap(([{ span: own, compute, isTail, ropeVariants, vocabSize, contextLength }, parts]) =>
      parts === undefined || open.start < own.start || open.end > own.end
        ? []
        : { span, compute, isTail: isTail && open.end === own.end, ropeVariants, vocabSize, contextLength, parts })]
  }

  /** Checks everything that can be told without a runner first: nothing is loaded for an OPEN that is refused anyway. */
  function opened (link: Link, open: Open): LinkRole | undefined {
    if (draining) {
      refuseDraining(link)
      return undefined
    }
    const plan = stagePlan(open, offered(open), new Set([Feature.embed, ...(grammars !== undefined && vocabularies.has(open.modelId) ? [Feature.grammar] : [])]))
    const place = hopPlan(open, open.epoch)
    if ('code' in plan || 'code' in place) {
      const { code, message } = 'code' in plan ? plan : place as Refusal // `as`: one of both is
      refuse(link, code, message)
      return undefined
    }
    const { runner } = plan
    if (!hasRoom(link, placeOf(plan.session, runner.span.start), place)) return undefined
    return 'parts' in runner ? partOpened(link, { ...plan, runner }, place) : begun(link, { ...plan, runner }, place)
  }

  /** Says so where there is none. */
  function hasRoom (link: Link, place: string, { epoch }: HopPlan): boolean {
    const before = sessions.get(keyOf({ coordinator: link.peer, place }))
    if (before !== undefined) {
      if (before.epoch >= epoch) {
        refuse(link, RefusedCode.malformed, 'this session is open already')
        return false
      }
      // its coordinator lost sight of this stage, and begins anew
      before.end()
    }
    const refusal = places.refusal(link.peer, [...sessions.values()])
    if (refusal !== undefined) busyBy(link, refusal)
    return refusal === undefined
  }

  function free (held: Held): void {
    if (sessions.get(keyOf(held)) === held) sessions.delete(keyOf(held))
    empty.changed()
  }

  /** A span that is entered in its middle: its part has to be loaded first, and that counts as a session. */
  function partOpened (link: Link, plan: StagePlan<PartShape>, place: HopPlan): LinkRole {
    const { runner: { span, parts } } = plan
    const wait = partWait({ clock, link, parts, span, epoch: place.epoch }, {
      over () { free(held) },
      loaded (runner, onReleased) {
        if (!draining) return begun(link, { ...plan, runner }, place, onReleased)
        refuseDraining(link)
        return undefined
      },
      failed (message) { busyBy(link, { message }) }
    })
    const held: Held = {
      coordinator: link.peer,
      place: placeOf(plan.session, span.start),
      epoch: place.epoch,
      leave () {
        wait.end()
        refuseDraining(link)
      },
      end () {
        wait.end()
        if (!link.closed) link.abort(new Error('the session was opened anew'))
      }
    }
    sessions.set(keyOf(held), held)
    return wait
  }

  /** What the plan goes on with. Its client may know sooner than this node that the coordinator before is lost: whoever has the key is believed. */
  function orphanFor (plan: StagePlan): Orphan | undefined {
    if (plan.takeOver === undefined) return undefined
    const name = wantedBy(plan.takeOver, plan.runner.span.start)
    for (const { work } of [...sessions.values()]) if (work?.names.includes(name) === true) work.session.giveUp()
    return orphans.take(plan)
  }

  function begun (link: Link, plan: StagePlan, place: HopPlan, onReleased: () => void = () => undefined): LinkRole | undefined {
    const orphan = orphanFor(plan)
    let leased: Lease
    try {
      leased = orphan !== undefined ? takenOver(orphan) : lease({ runner: plan.runner, cache: cacheOf(plan.runner), coordinator: sharesPrefixes(link.peer) ? '' : link.peer, keys: plan.prefix, positions: plan.positions })
    } catch (error) {
      const message = error instanceof Error ? error.message : 'no slot'
      if (error instanceof Error && error.name === 'ContextLengthError') refuse(link, RefusedCode.context, message)
      else full(link, message)
      return undefined
    }
    places.began(link.peer, plan.positions)

    const sessionId = sessionName(plan.session)
    const { start, end } = plan.runner.span
    const span = [start, end]
    log?.debug({ sessionId, coordinator: link.peer, span, positions: plan.positions, epoch: place.epoch }, 'a session is opened here')
    const vocabulary = vocabularies.get(plan.modelId)
    let isOrphaned = false
    const names = orphanNames(plan, orphan?.names)
    const session = stageSession({
      host,
      clock,
      meter: meterOf(plan.runner),
      observer,
      replay: orphan?.replay ?? replay.buffer(),
      control: link,
      lease: leased,
      constraint: plan.tail?.grammar === undefined || vocabulary === undefined ? undefined : grammars?.open(vocabulary, plan.tail.grammar),
      entered (epoch) {
        // an epoch begins without what was said in the one before it
        if (draining) session.leave()
        early.offer(`${held.place}/${epoch}`, (link) => isTaken(session, link))
      },
      orphaned: plan.keyHash === undefined ? undefined : (left) => {
        isOrphaned = true
        orphans.add({ ...left, plan, names }, onReleased)
      },
      released () {
        log?.debug({ sessionId, span, isOrphaned }, 'a session is over here')
        if (!isOrphaned) onReleased()
        places.ended(link.peer, session.left)
        free(held)
      }
    }, plan, place)
    const held: Held = {
      coordinator: link.peer,
      place: placeOf(plan.session, plan.runner.span.start),
      get epoch () { return session.epoch },
      work: { session, runner: plan.runner, names },
      leave: session.leave,
      end: session.end
    }
    sessions.set(keyOf(held), held)
    session.open().catch((error: unknown) => {
      if (error instanceof UnreachableError && !link.closed) refuse(link, RefusedCode.unreachable, error.message, error.peerId)
      session.end()
    })
    return { frame: session.control, closed: session.orphan }
  }

  return {
    async start () {
      await host.handle(RING_PROTOCOL, (link) => { awaitFirstFrame(link, clock, { opened, greeted }) }, { maxInboundLinks: 4 * maxSessions, maxInboundLinksPerPeer: 3 * maxSessionsPerPeer })
    },

    async stop () {
      draining = true
      await host.unhandle(RING_PROTOCOL)
      for (const { work, leave, end } of [...sessions.values()]) {
        if (work === undefined) {
          leave()
          continue
        }
        work.session.fail({ kind: FaultKind.capacity, code: RefusedCode.draining, message: 'the node is stopping' })
        end()
      }
      early.clear()
      orphans.clear()
    },

    offer (modelId, runner, parts, vocabulary) {
      if (vocabulary !== undefined) vocabularies.set(modelId, vocabulary)
      const runners = offers.get(modelId) ?? new Map<SpanRunner, SpanParts | undefined>()
      runners.set(runner, parts)
      offers.set(modelId, runners)
      return () => {
        runners.delete(runner)
        if (runners.size > 0 || offers.get(modelId) !== runners) return
        offers.delete(modelId)
        vocabularies.delete(modelId)
      }
    },

    get sessions () { return sessions.size },

    rates: (runner) => meterOf(runner).rates,

    leave () {
      draining = true
      for (const { leave } of [...sessions.values()]) leave()
    },

    stay () { draining = false },

    async drain (options) {
      draining = true
      await empty.wait(options)
    }
  }
}
