import { NoCapacityError, PeerFaultError, RequestError } from '../../../protocols/generate/index.ts'
import { FIRST_OPTIONAL_TYPE } from '../../../protocols/frame/index.ts'
import {
  BEAT_MS, Beat, BeatState, Busy, Fault, FaultKind, Finish, MAX_ROWS, Ready, Refused, RefusedCode, Resume, Result, RingType
} from '../../../protocols/ring/index.ts'
import { encodeFrame, idBytes, parse, type FrameHeader } from '../frames.ts'
import { eventQueue } from './event-queue.ts'
import { hopStats, type StageWork } from './hop-stats.ts'
import { faultOf, nameOf, type RouteStop, type StageLink } from './stage-link.ts'
import { ANSWER_MS, ringWatch, type RingWatch, type StageState } from './watch.ts'
import type { Clock } from '../../p2p/index.ts'
import type { LossKind } from './types.ts'
import type { Feed, ResumePlan, StageHolding } from './resume-plan.ts'

/** What the tail says: tokens, or the prompt's own scored. */
export interface RingResult {
  readonly position: number
  readonly result: Result
}

/** Stages that are no part of the ring any more: whom to leave out of the next route, and what to say where there is no next. */
export class StageLostError extends Error {
  override name = 'StageLostError'
  readonly peers: readonly string[]
  readonly reason: Error
  readonly why: LossKind
  /** Who said so, where it is one peer's word against another's. */
  readonly accuser: string | undefined

  constructor (peers: readonly string[], reason: Error, why: LossKind, accuser?: string) {
    super(reason.message)
    this.accuser = accuser
    this.peers = peers
    this.reason = reason
    this.why = why
  }
}

export interface EpochInit {
  readonly epoch: number
  readonly stops: readonly RouteStop[]
  /** Positions of the session: the coordinator's laps are numbered behind those that stages send again. */
  readonly positions: number
  /** Tokens that the tail may still report. */
  readonly allowed: number
  /** Stages in this process. */
  readonly local: ReadonlySet<number>
  readonly readyMs: number
  readonly clock: Clock
  /** When the session began. */
  readonly sinceMs: number
  /** A stage says that it will be gone soon. */
  leaving (index: number): void
  /** Somebody could take over from a stage at once. */
  hasStandby (index: number): boolean
}

/** One epoch of a ring: its stages get ready, then work, until the session ends or one of them is lost. */
export interface RingEpoch {
  /** The stage's link, once there is one. Everything it says from now on counts. */
  join (index: number, link: StageLink): void
  /** Resolves when all are ready. @throws {StageLostError} @throws {RequestError} */
  readonly ready: Promise<readonly StageHolding[]>
  /** All stages begin: each sends on what the next one lacks, and the head gets the rest. */
  resume (plan: ResumePlan, feeds: readonly Feed[], generatedIds: readonly number[]): void
  /** Gives a stage up. */
  lose (index: number, reason: Error, why: LossKind): void
  /** What the stages measured, as far as they say so in a moment; one entry each. */
  stats (): Promise<ReadonlyArray<StageWork | undefined>>
  /** Ends by `end`, or by throwing what became of it: {StageLostError}, {RequestError}, {NoCapacityError}. */
  readonly results: AsyncIterable<RingResult>
  end (error?: Error): void
}

const states: Readonly<Record<number, StageState>> = {
  [BeatState.waiting]: 'waiting', [BeatState.queued]: 'queued', [BeatState.computing]: 'computing', [BeatState.sent]: 'sent'
}

const RETRY_AFTER_MS = 1000
/** How long a stage may be at other work (a run that has to end, a part that is loaded), saying so, before it is ready. */
const BUSY_READY_MS = 30_000
/** A timer that comes later than this says that this process stood still, not that others did. */
const STALLED_MS = 500
/** A peer's own words in a message of ours. */
const MAX_WORDS = 512

export function ringEpoch ({ epoch, stops, positions, local, readyMs, clock, sinceMs, ...init }: EpochInit): RingEpoch {
  const results = eventQueue<RingResult>()
  const ready = Promise.withResolvers<readonly StageHolding[]>()
  ready.promise.catch(() => { /* told to whoever waits */ })
  const links: Array<StageLink | undefined> = stops.map(() => undefined)
  const holdings: Array<StageHolding | undefined> = stops.map(() => undefined)
  const heardMs = stops.map(() => Infinity)
  /** Stages that said so before they were ready. */
  const isBusy = new Set<number>()
  const measured = hopStats({ stages: stops.length, clock, sinceMs })
  let watch: RingWatch | undefined
  let plan: ResumePlan | undefined
  let over = false
  let isFinished = false
  let { allowed } = init
  const startedMs = clock.now()
  let stopTimer = clock.after(readyMs, notReady)
  let dueMs = startedMs + BEAT_MS
  let checkDueMs = Infinity
  let stopListening = clock.after(BEAT_MS, listenForSilence)

  const at = (index: number): RouteStop => {
    const stop = stops[(index + stops.length) % stops.length]
    if (stop === undefined) throw new Error('a ring has at least one stage')
    return stop
  }
  const fault = (index: number, what: string, cause?: unknown): PeerFaultError =>
    faultOf(at(index), what, cause)

  function end (error?: Error): void {
    if (over) return
    over = true
    stopTimer()
    stopListening()
    measured.end()
    results.end(error)
    ready.reject(error ?? new Error('the session is over'))
  }

  const lose = (index: number, reason: Error, why: LossKind): void => { end(new StageLostError([at(index).peerId], reason, why)) }

  function notReady (): void {
    // who was reached may wait for its next stage, which was not
    const unreached = links.indexOf(undefined)
    const late = unreached >= 0 ? unreached : holdings.indexOf(undefined)
    if (!isBusy.has(late)) {
      lose(late, fault(late, `was not ready within ${readyMs} ms`), 'silence')
    } else if (clock.now() - startedMs < BUSY_READY_MS) {
      stopTimer = clock.after(BEAT_MS, notReady)
    } else {
      lose(late, new NoCapacityError(`${nameOf(at(late))} was at other work for ${BUSY_READY_MS / 1000} s`, RETRY_AFTER_MS), 'capacity')
    }
  }

  /** Before all are ready: a stage whose link is open and that says nothing at all. */
  function listenForSilence (): void {
    // this process stood still, and may not have read yet what others said meanwhile
    if (clock.now() > dueMs + STALLED_MS) heardMs.forEach((ms, index) => { if (ms < Infinity) heardMs[index] = clock.now() })
    dueMs = clock.now() + BEAT_MS
    stopListening = clock.after(BEAT_MS, listenForSilence)
    const silent = heardMs.findIndex((ms, index) => holdings[index] === undefined && clock.now() - ms > ANSWER_MS)
    if (silent >= 0) lose(silent, fault(silent, `was not ready, and said nothing for ${ANSWER_MS} ms`), 'silence')
  }

  function frame (index: number, header: FrameHeader, payload: Uint8Array): void {
    heardMs[index] = clock.now()
    switch (header.type) {
      case RingType.busy: {
        const { retryAfterMs, message } = parse(Busy.decode, payload, 'the answer')
        lose(index, new NoCapacityError(`${nameOf(at(index))} has no capacity now: ${message.slice(0, MAX_WORDS)}`, Math.min(retryAfterMs, 60_000)), 'capacity')
        return
      }
      case RingType.refused: {
        const { code, message, peerId: other } = parse(Refused.decode, payload, 'the answer')
        const words = `${nameOf(at(index))} refused: ${message.slice(0, MAX_WORDS)}`
        if (code !== RefusedCode.unreachable) lose(index, new NoCapacityError(words, RETRY_AFTER_MS), 'capacity')
        else if (at(index + 1).peerId === other) end(new StageLostError([other], new PeerFaultError(words, other), 'reported', at(index).peerId))
        // it speaks of an epoch that is over: its next one is another by now
        else lose(index, new NoCapacityError(words, RETRY_AFTER_MS), 'forgotten')
        return
      }
      case RingType.fault:
        faulted(index, header, payload)
        return
      default:
        // of an epoch that is over, or on its way when this one began
        if (header.epoch !== epoch) return
    }
    if (header.type === RingType.leaving) {
      init.leaving(index)
      return
    }
    if (header.type === RingType.forgotten) {
      lose(index, new NoCapacityError(`${nameOf(at(index))} can't send again what it said it could`, RETRY_AFTER_MS), 'forgotten')
      return
    }
    if (header.type === RingType.ready) {
      answered(index, payload)
      return
    }
    if (holdings[index] === undefined && header.type !== RingType.beat && header.type < FIRST_OPTIONAL_TYPE) throw fault(index, `answered with a frame of type ${header.type}`)
    running(index, header, payload)
  }

  function answered (index: number, payload: Uint8Array): void {
    if (holdings[index] !== undefined) throw fault(index, 'was ready twice')
    const { have, from, to, stats } = parse(Ready.decode, payload, 'the answer')
    if (have > positions || from > to || to > positions) throw fault(index, `says that it has ${have} positions and sent ${from} to ${to}, of ${positions}`)
    holdings[index] = { have, from, to }
    if (stats) measured.able(index)
    const all = holdings.filter((holding) => holding !== undefined)
    if (all.length < stops.length) return
    stopTimer()
    stopListening()
    ready.resolve(all)
  }

  function faulted (index: number, header: FrameHeader, payload: Uint8Array): void {
    const { kind, message, peerId } = parse(Fault.decode, payload, 'the fault')
    const words = message.slice(0, MAX_WORDS)
    switch (kind) {
      case FaultKind.request:
        // the request was checked here: one stage's word is not enough to say that it is wrong
        lose(index, new RequestError(`${nameOf(at(index))} refused: ${words}`), 'failure')
        return
      case FaultKind.capacity:
        lose(index, new NoCapacityError(`${nameOf(at(index))} gave the session up: ${words}`, RETRY_AFTER_MS), 'capacity')
        return
      case FaultKind.peer: {
        // of an epoch that is over: its end is what it tells of
        if (header.epoch !== epoch) return
        const other = [index - 1, index + 1].find((neighbour) => at(neighbour).peerId === peerId)
        if (other === undefined) lose(index, fault(index, `failed: ${words}`), 'failure')
        else end(new StageLostError([peerId], new PeerFaultError(`${nameOf(at(other))} is at fault: ${words}`, peerId), 'reported', at(index).peerId))
        return
      }
      default:
        lose(index, fault(index, `failed: ${words}`), 'failure')
    }
  }

  function running (index: number, { type, lap, position, rows }: FrameHeader, payload: Uint8Array): void {
    switch (type) {
      case RingType.stats:
        measured.heard(index, payload)
        return
      case RingType.beat: {
        const state = states[parse(Beat.decode, payload, 'the beat').state]
        if (state === 'queued' || state === 'computing') isBusy.add(index)
        else isBusy.delete(index)
        if (state !== undefined) watch?.beat(index, lap, state, clock.now())
        check()
        return
      }
      case RingType.result: {
        if (index !== stops.length - 1) throw fault(index, 'sent a result, and is not the last stage')
        const result = parse(Result.decode, payload, 'the result')
        allowed -= result.tokens.length
        if (plan === undefined || isFinished || result.tokens.length !== rows || rows > MAX_ROWS || allowed < 0) throw fault(index, 'sent more tokens than it was asked for')
        if (result.tokens.length === 0 && result.finish === Finish.none) throw fault(index, 'sent a result of nothing')
        isFinished = result.finish !== Finish.none
        watch?.progress(clock.now())
        results.push({ position, result })
        return
      }
      case RingType.gap: {
        const promised = plan?.stages[index]?.until ?? 0
        if (position < promised) throw fault(index, `does not have the ${promised} positions that it said it has`)
        // one stage's word against that of the one before it: the tail sends the head its tokens
        const before = (index + stops.length - 1) % stops.length
        if (before === index) lose(index, fault(index, `lost positions: it has ${position}`), 'malformed')
        else end(new StageLostError([at(before).peerId], fault(before, `sent positions that ${nameOf(at(index))} can't use: it has ${position}`), 'reported', at(index).peerId))
        return
      }
      default:
        if (type < FIRST_OPTIONAL_TYPE) throw fault(index, `sent a frame of type ${type}`)
    }
  }

  /** Does what the watch says, and comes back when it wants to be asked again. */
  function check (): void {
    if (over || watch === undefined) return
    stopTimer()
    if (clock.now() > checkDueMs + STALLED_MS) watch.stalled(clock.now())
    checkDueMs = Infinity
    const verdict = watch.next(clock.now())
    switch (verdict.kind) {
      case 'wait':
        checkDueMs = clock.now() + verdict.ms
        stopTimer = clock.after(verdict.ms, check)
        return
      case 'ask': {
        watch.asked(clock.now())
        const ask = encodeFrame({ type: RingType.beat, epoch }, Beat.encode({ state: 0 }))
        for (const link of links) link?.tell(ask)
        check()
        return
      }
      case 'fault':
        lose(verdict.stage, fault(verdict.stage, verdict.why), 'silence')
        return
      case 'hedge':
        lose(verdict.stage, new NoCapacityError(`${nameOf(at(verdict.stage))} does not answer at once`, 0), 'hedged')
        return
      case 'network':
        end(new StageLostError(
          stops.flatMap(({ peerId }, index) => local.has(index) ? [] : [peerId]),
          new NoCapacityError('all other nodes of the route fell silent at once: this node has lost its network', RETRY_AFTER_MS),
          'network'
        ))
    }
  }

  return {
    ready: ready.promise,
    results,
    end,

    join (index, link) {
      links[index] = link
      heardMs[index] = clock.now()
      link.listen({
        frame (header, payload) { if (!over) frame(index, header, payload) },
        lost (error, why) { lose(index, error, why) }
      })
    },

    lose,
    stats: async () => await measured.ask(epoch, (index, frame) => { links[index]?.tell(frame) }),

    resume (planned, feeds, generatedIds) {
      if (over) return
      plan = planned
      watch = ringWatch(stops.length, clock.now(), { local, hasStandby: init.hasStandby })
      for (const [index, { from, until }] of planned.stages.entries()) {
        const ids = index === stops.length - 1 ? new Uint8Array(idBytes(generatedIds)) : new Uint8Array(0)
        links[index]?.tell(encodeFrame({ type: RingType.resume, epoch, position: from }, Resume.encode({ until, generatedIds: ids })))
      }
      for (const [index, { from, ids, score }] of feeds.entries()) {
        links[0]?.tell(encodeFrame({ type: RingType.ids, epoch, lap: positions + index + 1, position: from, rows: ids.length, score }, idBytes(ids)))
      }
      check()
    }
  }
}
