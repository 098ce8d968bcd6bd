import {
  BEAT_MS, Beat, BeatState, Fault, FaultKind, Mirror, Ready, Reroute, Resume, RingType, Stats, UNUSED_MS, type Work
} from '../../../protocols/ring/index.ts'
import { FIRST_OPTIONAL_TYPE } from '../../../protocols/frame/index.ts'
import { MalformedError } from '../errors.ts'
import { encodeFrame, parse, readFrame, readIds, type FrameHeader } from '../frames.ts'
import { GrammarError, WorkerGoneError } from '../grammar/index.ts'
import { admitFrame, afterFrame, type OrderState } from '../order.ts'
import { wires } from '../wire/index.ts'
import { embeddingTail } from './embedding-tail.ts'
import { emitter, type Emitter } from './emitter.ts'
import { hops as hopsOf, UnreachableError, type Hops } from './hops.ts'
import { hiddenJob, promptJob, tokensJob, type Job, type JobBounds } from './job.ts'
import { hopPlan, type HopPlan, type StagePlan } from './stage-plan.ts'
import { spanWork } from './span-work.ts'
import { tail } from './tail.ts'
import { tally } from './tally.ts'
import { mirror as mirrorOf, type Mirror as Mirroring } from './mirror.ts'
import { workQueue } from './work-queue.ts'
import type { StageSession, StageSessionComponents } from './session-types.ts'
import type { HopWork } from '../types.ts'
import type { Link } from '../../p2p/index.ts'

/** How long a coordinator that was told of the end may take to close. */
const LINGER_MS = 1000
/** Standbys that one stage feeds in an epoch. */
const MAX_MIRRORS = 2
/** Epochs of one session: a coordinator that needs more keeps this node dialling, not working. */
const MAX_EPOCHS = 1000

const workOf = ({ bytesSent, ...rest }: HopWork): Work => ({ ...rest, bytesSent: BigInt(bytesSent) })

export function stageSession (components: StageSessionComponents, plan: StagePlan, first: HopPlan): StageSession {
  const { host, clock, meter, replay, control, lease, constraint } = components
  const { runner, positions } = plan
  const { slot } = lease
  const { hiddenSize, vocabSize } = runner
  const bounds: JobBounds = { positions, vocabSize, hiddenSize, codec: wires[plan.wire] }
  const end = plan.tail === undefined
    ? undefined
    : plan.tail.embed === undefined ? tail(plan.tail, vocabSize, positions, constraint) : embeddingTail(plan.tail, hiddenSize, positions)
  const counted = tally()
  const work = spanWork({ plan, slot, clock, meter, tally: counted, observer: components.observer, tail: end })
  const stopping = new AbortController()
  const queue = workQueue(clock, {
    run,
    failed (error, job) { if (live) explain(error, job) },
    hold (wanted) { hops.hold(wanted) }
  })
  /** Positions below are in the KV cache. */
  let done = 0
  let order: OrderState = { epoch: first.epoch, lap: 0, have: 0 }
  let hops = hopsIn(first)
  /** Between READY and RESUME, and from RESUME on until the epoch is over. */
  let stage: 'opening' | 'ready' | 'working' | 'broken' = 'opening'
  let emit: Emitter | undefined
  let mirrors: Mirroring[] = []
  /** What a parked prompt left is being brought over, through whatever epochs. */
  let prepared: Promise<void> = Promise.resolve()
  let epochs = 1
  let hasWorked = false
  let usedAtMs = clock.now()
  let live = true
  let over = false
  let stopTicking = clock.after(BEAT_MS, tick)

  function hopsIn (hopped: HopPlan): Hops {
    const made: Hops = hopsOf({ host, clock }, plan, hopped, {
      data,
      fault (peerId, message) { if (made === hops) blame(peerId, message) }
    })
    return made
  }

  function tell (header: Partial<FrameHeader> & { readonly type: number }, payload?: Uint8Array): void {
    if (control.closed) return
    try {
      control.send(encodeFrame({ epoch: order.epoch, lap: order.lap, position: order.have, ...header }, payload))
    } catch (error) {
      control.abort(error instanceof Error ? error : new Error('the coordinator takes no more'))
    }
  }

  function beat (): void {
    const state = queue.state === 'computing' ? BeatState.computing : queue.state === 'queued' ? BeatState.queued : order.lap > 0 ? BeatState.sent : BeatState.waiting
    tell({ type: RingType.beat }, Beat.encode({ state }))
  }

  function tick (): void {
    stopTicking = clock.after(BEAT_MS, tick)
    // the coordinator waits for READY, however long a run or a dial takes
    if (queue.state !== 'idle' || stage === 'opening') beat()
    else if (clock.now() - usedAtMs > UNUSED_MS) session.fail({ kind: FaultKind.capacity, code: 'unused', message: `nothing came for ${UNUSED_MS} ms` })
  }

  /** @param to whom it is left: nobody, later sessions that begin with the same prompt, or whoever goes on with this one */
  function release (to: 'nobody' | 'prompts' | 'successor' = 'nobody'): void {
    if (!live) return
    live = false
    stopTicking()
    stopping.abort(new Error('the session is over'))
    queue.shut()
    if (to === 'successor' && components.orphaned !== undefined && (hasWorked || lease.isTakenOver)) {
      lease.changed(0)
      components.orphaned({ slot, replay, settled: Promise.allSettled([prepared, queue.rest()]).then(() => done) })
    } else {
      // A run may still write into the slot: whoever takes it over must find it at rest.
      if (to === 'prompts' && lease.reusable) void queue.rest().then(() => { lease.release(true) })
      else lease.release(to === 'prompts')
      replay.clear()
    }
    constraint?.close()
    components.released()
  }

  function dismiss (fault: Fault): void {
    tell({ type: RingType.fault }, Fault.encode(fault))
    // The coordinator hears the reason before the neighbours can see links end, and ends them all.
    clock.after(LINGER_MS, () => { session.end() })
  }

  /** A neighbour is at fault: the epoch is over, and what is here waits for the next one. */
  function blame (peerId: string, message: string): void {
    if (!live || stage === 'broken') return
    stage = 'broken'
    queue.shut()
    tell({ type: RingType.fault }, Fault.encode({ kind: FaultKind.peer, code: '', message, peerId }))
  }

  function explain (error: unknown, job: Job): void {
    const message = error instanceof Error ? error.message : 'the run failed'
    if (error instanceof MalformedError) blame(job.from, message)
    else if (error instanceof GrammarError) session.fail({ kind: FaultKind.request, message })
    else if (error instanceof WorkerGoneError) session.fail({ kind: FaultKind.capacity, message })
    else session.fail({ kind: FaultKind.internal, message })
  }

  const isBroken = (): boolean => stage === 'broken'

  /** Dials, comes to rest, and says what is here. */
  async function enter (): Promise<void> {
    const own = hops
    components.entered(order.epoch)
    const [dialled] = await Promise.allSettled([own.dial(), prepared, queue.rest()])
    if (!live || own !== hops || isBroken()) return
    if (dialled.status === 'rejected') throw dialled.reason
    order = { ...order, lap: 0, have: done }
    stage = 'ready'
    const { from, to } = replay.covers
    tell({ type: RingType.ready }, Ready.encode({ positions: slot.capacity, have: done, from, to, stats: true }))
  }

  function reroute ({ epoch }: FrameHeader, payload: Uint8Array): void {
    if (epoch <= order.epoch) return
    if (++epochs > MAX_EPOCHS) throw new MalformedError(`more than ${MAX_EPOCHS} epochs`)
    const next = hopPlan(parse(Reroute.decode, payload, 'the REROUTE'), epoch)
    if ('code' in next) throw new MalformedError(next.message)
    queue.shut()
    leaveHops()
    order = { epoch, lap: 0, have: done }
    stage = 'opening'
    emit = undefined
    hops = hopsIn(next)
    enter().catch((error: unknown) => {
      if (error instanceof UnreachableError) blame(error.peerId, error.message)
      else session.fail({ kind: FaultKind.internal, message: 'the next epoch could not be entered' })
    })
  }

  function leaveHops (): void {
    hops.end()
    for (const each of mirrors) each.end()
    mirrors = []
  }

  /** Sends again what the next stage lacks, then works on. */
  async function resume (from: number, { until, generatedIds }: Resume): Promise<void> {
    const own = hops
    if (stage !== 'ready') throw new MalformedError('RESUME before READY, or twice')
    stage = 'working'
    hasWorked = true
    // before they cost memory
    if (generatedIds.length > 4 * Math.min(plan.tail?.maxTokens ?? 0, positions)) throw new MalformedError('more ids than the answer may have')
    end?.resume(from, readIds(generatedIds, vocabSize))
    const made = emit = emitter({ plan, hops, replay, from, tally: counted, tell })
    const isWhole = await made.replay(until, { signal: AbortSignal.any([stopping.signal, own.signal]) })
    if (!live || own !== hops || isBroken()) return
    if (isWhole) {
      queue.open()
      return
    }
    stage = 'broken'
    queue.shut()
    tell({ type: RingType.forgotten })
  }

  /** Lets a frame in by the order rules. */
  function admit (header: FrameHeader, job: Job, link: Link): void {
    const own = { epoch: header.epoch, lap: header.lap, position: job.header.position }
    switch (admitFrame(order, own)) {
      case 'drop':
        return
      case 'gap': {
        const gap = { type: RingType.gap, epoch: order.epoch, lap: header.lap, position: order.have }
        tell(gap)
        if (link !== control && !link.closed) link.send(encodeFrame(gap))
        return
      }
      case 'run':
        queue.push(job)
        order = afterFrame(order, own, job.header.rows)
    }
  }

  function data (header: FrameHeader, payload: Uint8Array, link: Link): void {
    if (!live || stage === 'broken') return
    usedAtMs = clock.now()
    if (stage === 'opening') throw new MalformedError('data before this stage was ready')
    if ((header.type === RingType.tokens) !== runner.isHead) throw new MalformedError(runner.isHead ? 'hidden states for the first stage' : 'tokens for a stage that does not embed')
    admit(header, (runner.isHead ? tokensJob : hiddenJob)(header, payload, link.peer, bounds), link)
  }

  async function run (job: Job, sinceMs: number): Promise<void> {
    const { position, rows } = job.header
    done = Math.min(done, position)
    // what comes by another route is not what the prompt's keys name
    if (hops.plan.epoch !== first.epoch) lease.changed(position)
    const own = hops
    const full = await work(job, { emit, turns: hops.plan.stages, emits: hops.plan.emits, signal: stopping.signal, sinceMs })
    done = position + rows
    for (const each of mirrors) each.poke()
    lease.filled(done)
    if (!full) return
    const heldMs = clock.now()
    await drained(own)
    counted.sent(rows, clock.now() - heldMs)
  }

  /** Until its hops take more, or are over. */
  async function drained ({ outlets, signal }: Hops): Promise<void> {
    try {
      await Promise.all(outlets.map((each) => each.drained({ signal })))
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  const session: StageSession = {
    get left () { return positions - counted.all.rows },
    get epoch () { return order.epoch },

    async open () {
      prepared = lease.prepare().then((cached) => { done = cached })
      await enter().catch((error: unknown) => {
        if (!(error instanceof UnreachableError && lease.isTakenOver)) throw error
        // refusing would be the end of what nobody else has
        blame(error.peerId, error.message)
      })
    },

    attach: (link, hello, helloFrame) => hops.attach(link, hello, helloFrame),

    control (frame) {
      if (!live) return
      usedAtMs = clock.now()
      try {
        const { header, payload } = readFrame(frame)
        switch (header.type) {
          case RingType.ids:
            if (!runner.isHead) throw new MalformedError('prompt ids for a stage that does not embed')
            if (stage !== 'broken') admit(header, promptJob(header, payload, control.peer, bounds), control)
            return
          case RingType.beat:
            beat()
            return
          case RingType.stats:
            tell({ type: RingType.stats }, Stats.encode({ all: workOf(counted.all), prefill: workOf(counted.prefill) }))
            return
          case RingType.reroute:
            reroute(header, payload)
            return
          case RingType.resume: {
            if (header.epoch !== order.epoch || stage === 'broken') return
            resume(header.position, parse(Resume.decode, payload, 'the RESUME')).catch((error: unknown) => {
              // a next stage that is gone is told of by its hop
              if (live && error instanceof MalformedError) session.fail({ kind: FaultKind.request, message: error.message })
            })
            return
          }
          case RingType.mirror: {
            const { next } = parse(Mirror.decode, payload, 'the MIRROR')
            if (header.epoch !== order.epoch || !['ready', 'working'].includes(stage) || next === undefined || runner.isTail) return
            mirrors = mirrors.filter(({ over }) => !over)
            if (mirrors.length >= MAX_MIRRORS) return
            mirrors.push(mirrorOf({ host, clock, replay }, { stage: plan, epoch: order.epoch, next, from: header.position }))
            return
          }
          case RingType.close:
            release('prompts')
            session.end()
            return
          default:
            if (header.type < FIRST_OPTIONAL_TYPE) throw new MalformedError(`a frame of type ${header.type} does not belong on a control link`)
        }
      } catch (error) {
        session.fail({ kind: FaultKind.request, message: error instanceof Error ? error.message : 'the frame is wrong' })
      }
    },

    leave () { if (live) tell({ type: RingType.leaving }) },

    fail ({ kind, message, code = '', peerId = '' }) {
      if (!live) return
      release()
      dismiss({ kind, code, message, peerId })
    },

    orphan () {
      release('successor')
      session.end()
    },

    giveUp () {
      if (!live) return
      release('successor')
      dismiss({ kind: FaultKind.capacity, code: '', message: 'another coordinator goes on with this session', peerId: '' })
    },

    end () {
      release()
      if (over) return
      over = true
      leaveHops()
      if (!control.closed) control.close().catch((error: unknown) => { control.abort(error instanceof Error ? error : new Error('the session is over')) })
    }
  }
  return session
}
