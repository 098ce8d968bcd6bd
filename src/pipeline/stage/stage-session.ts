import {
  BEAT_MS, Beat, BeatState, Fault, FaultKind, Ready, RingType, UNUSED_MS, type Hello
} from '../../../protocols/ring/index.ts'
import { FIRST_OPTIONAL_TYPE } from '../../../protocols/frame/index.ts'
import { MalformedError } from '../errors.ts'
import { encodeFrame, readFrame, type FrameHeader } from '../frames.ts'
import { admitFrame, afterFrame, type OrderState } from '../order.ts'
import { NonFiniteError, wires } from '../wire/index.ts'
import { emitter } from './emitter.ts'
import { inbound, type Inbound } from './inbound.ts'
import { hiddenJob, promptJob, tokensJob, type Job, type JobBounds } from './job.ts'
import { outlet, type Outlet } from './outlet.ts'
import { tail } from './tail.ts'
import type { Clock } from '../clock.ts'
import type { ReplayBuffer } from '../replay-buffer.ts'
import type { Meter } from './meter.ts'
import type { StagePlan } from './stage-plan.ts'
import type { Lease } from './lease.ts'
import type { Host, Link } from '../../p2p/index.ts'

/** Frames waiting for their turn: over the first mark the senders are held back, over the second one of them ignores that. */
const PAUSE_BYTES = 8 * 1024 * 1024
const MAX_QUEUED_BYTES = 64 * 1024 * 1024
/** How long a neighbour or a coordinator that was told of the end may take to close. */
const LINGER_MS = 1000
/** Data links that one session takes. */
const MAX_INBOUND = 16

export interface StageSessionComponents {
  readonly host: Pick<Host, 'open' | 'sign' | 'verify'>
  readonly clock: Clock
  readonly meter: Meter
  readonly replay: ReplayBuffer
  readonly control: Link
  readonly lease: Lease
  /** Keeps a frame of a higher epoch until that is open. */
  hold (header: FrameHeader, payload: Uint8Array, link: Link): void
  /** The session holds nothing any more. Called once. */
  released (): void
}

/** One session's work on one span: frames in, in order; rows or tokens out. */
export interface StageSession {
  /** Dials the next stages and says READY. @throws {UnreachableError} */
  open (): Promise<void>
  /** A data link that begins with HELLO. @throws {MalformedError} where its peer is none of the previous stages */
  attach (link: Link, hello: Hello, helloFrame: Uint8Array): Inbound
  /** A data frame. @throws {MalformedError} */
  data (header: FrameHeader, payload: Uint8Array, link: Link): void
  /** A frame of the control link. */
  control (frame: Uint8Array): void
  /** Tells the coordinator what went wrong and frees everything. */
  fail (fault: Partial<Fault> & Pick<Fault, 'kind' | 'message'>): void
  /** The control link is over: frees everything. */
  end (): void
  /** Rows that may still come. */
  readonly left: number
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

export function stageSession (components: StageSessionComponents, plan: StagePlan): StageSession {
  const { host, clock, meter, replay, control, lease } = components
  const { epoch, runner, positions } = plan
  const { slot } = lease
  const { hiddenSize, vocabSize } = runner
  const codec = wires[plan.wire]
  const bounds: JobBounds = { positions, vocabSize, hiddenSize, codec }
  const end = plan.tail === undefined ? undefined : tail(plan.tail, vocabSize)
  const stopping = new AbortController()
  const inbounds = new Set<Inbound>()
  let outlets: Outlet[] = []
  const emit = emitter({ plan, replay, outlets: () => outlets, tell })
  let order: OrderState = { epoch, lap: 0, have: 0 }
  let queue: Job[] = []
  let queuedBytes = 0
  let current: Job | undefined
  let pumping = false
  let paused = false
  let atRest = (): void => { /* nobody waits for the slot */ }
  let input = new Float32Array(0)
  let usedAtMs = clock.now()
  let live = true
  let over = false
  let stopTicking = clock.after(BEAT_MS, tick)

  function tell (header: Partial<FrameHeader> & { readonly type: number }, payload?: Uint8Array): void {
    if (control.closed) return
    try {
      control.send(encodeFrame({ epoch, lap: order.lap, position: order.have, ...header }, payload))
    } catch (error) {
      control.abort(error instanceof Error ? error : new Error('the coordinator takes no more'))
    }
  }

  function beat (): void {
    const state = current !== undefined ? BeatState.computing : queue.length > 0 ? BeatState.queued : order.lap > 0 ? BeatState.sent : BeatState.waiting
    tell({ type: RingType.beat }, Beat.encode({ state }))
  }

  function tick (): void {
    stopTicking = clock.after(BEAT_MS, tick)
    if (current !== undefined || queue.length > 0) beat()
    else if (clock.now() - usedAtMs > UNUSED_MS) session.fail({ kind: FaultKind.capacity, code: 'unused', message: `nothing came for ${UNUSED_MS} ms` })
  }

  /** @param keep whether what the prompt left may serve later sessions */
  function release (keep = false): void {
    if (!live) return
    live = false
    stopTicking()
    stopping.abort(new Error('the session is over'))
    // A run may still write into the slot: whoever takes it over must find it at rest.
    if (keep && pumping && lease.reusable) atRest = () => { lease.release(true) }
    else lease.release(keep)
    replay.clear()
    queue = []
    queuedBytes = 0
    for (const { link } of inbounds) if (paused) link.resume()
    components.released()
  }

  const blame = (peerId: string, message: string): void => { session.fail({ kind: FaultKind.peer, message, peerId }) }

  /** Lets a frame in by the order rules. */
  function admit (header: FrameHeader, job: Job, link: Link): void {
    switch (admitFrame(order, { epoch: header.epoch, lap: header.lap, position: job.header.position })) {
      case 'drop':
        return
      case 'hold':
        components.hold(header, job.payload, link)
        return
      case 'gap': {
        const gap = { type: RingType.gap, epoch, lap: header.lap, position: order.have }
        tell(gap)
        if (link !== control && !link.closed) link.send(encodeFrame(gap))
        return
      }
      case 'run':
        if (queuedBytes + job.payload.byteLength > MAX_QUEUED_BYTES) throw new MalformedError('more frames than a session may have waiting')
        order = afterFrame(order, { epoch, lap: header.lap, position: job.header.position }, job.header.rows)
        queue.push(job)
        queuedBytes += job.payload.byteLength
        if (!paused && queuedBytes > PAUSE_BYTES) hold(true)
        if (!pumping) void pump()
    }
  }

  function hold (wanted: boolean): void {
    paused = wanted
    for (const { link } of inbounds) if (wanted) link.pause(); else link.resume()
  }

  async function pump (): Promise<void> {
    pumping = true
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      current = job
      try {
        await run(job)
      } catch (error) {
        if (live) explain(error, job)
      }
      current = undefined
      queuedBytes = Math.max(0, queuedBytes - job.payload.byteLength)
      if (paused && queuedBytes < PAUSE_BYTES) hold(false)
    }
    pumping = false
    atRest()
  }

  function explain (error: unknown, job: Job): void {
    const message = error instanceof Error ? error.message : 'the run failed'
    if (error instanceof MalformedError) blame(job.from, message)
    else session.fail({ kind: FaultKind.internal, message })
  }

  async function run ({ header, payload, ids, from }: Job): Promise<void> {
    const { position, rows, score } = header
    end?.check(header)
    const failed: unknown[] = []
    const measured = meter.begin(rows)
    let full = false
    try {
      await runner.run([{
        slot,
        position,
        turns: plan.stages,
        ropeVariant: plan.ropeVariant,
        input: ids ?? read(payload, rows, from),
        score: end === undefined ? 0 : score,
        consume (output) {
          if (!live) return
          try {
            if (end === undefined) full = emit.hidden(header, output)
            else emit.outcome(header, end.take(header, output))
          } catch (error) {
            failed.push(error)
          }
        }
      }], { signal: stopping.signal })
    } finally {
      measured()
    }
    if (failed.length > 0) throw failed[0]
    lease.filled(position + rows)
    if (full) await Promise.all(outlets.map((each) => each.drained({ signal: stopping.signal })))
  }

  function read (payload: Uint8Array, rows: number, from: string): Float32Array {
    if (input.length < rows * hiddenSize) input = new Float32Array(rows * hiddenSize)
    const values = input.subarray(0, rows * hiddenSize)
    try {
      codec.decode(payload, rows, hiddenSize, values)
    } catch (error) {
      throw error instanceof NonFiniteError ? new MalformedError(`${from} sent hidden states that are not finite`, { cause: error }) : error
    }
    return values
  }

  const session: StageSession = {
    get left () { return positions - order.have },

    async open () {
      const prepared = lease.prepare()
      const opened = await Promise.allSettled(plan.next.map(async (next) => {
        try {
          return await outlet(host, plan, next, {
            lost (peerId, reason) { if (live) blame(peerId, reason === undefined ? `the next stage ${peerId} ended the link` : reason.message) }
          }, { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(UNUSED_MS)]) })
        } catch (error) {
          throw new UnreachableError(next.peerId, { cause: error })
        }
      }))
      outlets = opened.flatMap((each) => each.status === 'fulfilled' ? [each.value] : [])
      const failed = opened.find((each) => each.status === 'rejected')
      if (failed !== undefined || !live) {
        for (const each of outlets) each.abort(new Error('the session is over'))
        throw failed?.reason ?? new Error('the session is over')
      }
      const cached = await prepared
      order = { ...order, have: cached }
      tell({ type: RingType.ready }, Ready.encode({ positions: slot.capacity, cached }))
    },

    attach (link, hello, helloFrame) {
      if (!plan.prev.some(({ peerId, start }) => peerId === link.peer && start === hello.from)) {
        throw new MalformedError(`${link.peer} is not a previous stage of this session`)
      }
      if (inbounds.size >= MAX_INBOUND) throw new MalformedError('the session has data links enough')
      const made = inbound({ host, link, hello, helloFrame }, {
        data: session.data,
        fault (error) { if (live) blame(link.peer, `${link.peer} sent what it must not: ${error.message}`) },
        ended (announced) {
          inbounds.delete(made)
          if (live && !announced) blame(link.peer, `the previous stage ${link.peer} ended the link`)
        }
      })
      inbounds.add(made)
      if (paused) link.pause()
      return made
    },

    data (header, payload, link) {
      if (!live) return
      usedAtMs = clock.now()
      if ((header.type === RingType.tokens) !== runner.isHead) throw new MalformedError(runner.isHead ? 'hidden states for the first stage' : 'tokens for a stage that does not embed')
      admit(header, (runner.isHead ? tokensJob : hiddenJob)(header, payload, link.peer, bounds), link)
    },

    control (frame) {
      if (!live) return
      usedAtMs = clock.now()
      try {
        const { header, payload } = readFrame(frame)
        switch (header.type) {
          case RingType.ids: {
            if (!runner.isHead) throw new MalformedError('prompt ids for a stage that does not embed')
            admit(header, promptJob(header, payload, control.peer, bounds), control)
            return
          }
          case RingType.beat:
            beat()
            return
          case RingType.close:
            release(true)
            session.end()
            return
          default:
            if (header.type < FIRST_OPTIONAL_TYPE) throw new MalformedError(`a frame of type ${header.type} does not belong on a control link`)
        }
      } catch (error) {
        session.fail({ kind: FaultKind.request, message: error instanceof Error ? error.message : 'the frame is wrong' })
      }
    },

    fail ({ kind, message, code = '', peerId = '' }) {
      if (!live) return
      release()
      tell({ type: RingType.fault }, Fault.encode({ kind, code, message, peerId }))
      // The coordinator hears the reason before the neighbours can see links end, and ends them all.
      clock.after(LINGER_MS, () => { session.end() })
    },

    end () {
      release()
      if (over) return
      over = true
      for (const each of outlets) each.close().catch((error: unknown) => { each.abort(error instanceof Error ? error : new Error('the hop could not be closed')) })
      const lingering = [...inbounds]
      clock.after(LINGER_MS, () => {
        for (const { link } of lingering) if (!link.closed) link.abort(new Error('the session is over'))
      })
      if (!control.closed) control.close().catch((error: unknown) => { control.abort(error instanceof Error ? error : new Error('the session is over')) })
    }
  }
  return session
}
