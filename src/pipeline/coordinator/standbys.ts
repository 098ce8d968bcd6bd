import { Beat, Mirror, Ready, Resume, RingType } from '../../../protocols/ring/index.ts'
import { encodeFrame, idBytes, parse } from '../frames.ts'
import { heldKey } from './routes.ts'
import { stageLink, type RouteStop, type StageLink } from './stage-link.ts'
import type { Feed } from './resume-plan.ts'
import type { Clock, Host } from '../../p2p/index.ts'

/** A standby hears nothing else for as long as a batch takes: it is kept from giving up, and says how far it is. */
const BEAT_EVERY_MS = 2000
const OPEN_MS = 10_000
/** One that says nothing for so long is none. */
const SILENT_MS = 5000

export interface StandbysInit {
  readonly host: Pick<Host, 'open'>
  readonly clock: Clock
  readonly epoch: number
  readonly stops: readonly RouteStop[]
  /** The OPEN of a standby for the stage at `index`. */
  openFrame (index: number, stop: RouteStop): Uint8Array
  /** The control link of an active stage. */
  linkOf (index: number): StageLink | undefined
}

/** Stages that hold the same as those at work, a batch behind, in one epoch; one for each at most. */
export interface Standbys {
  /** Opens one for the stage at `index`, fed by the stage before it. Where that fails there is none. */
  add (index: number, stop: RouteStop): void
  /** Opening or at work. */
  has (index: number): boolean
  /** Ready to take over. */
  of (index: number): RouteStop | undefined
  /** Ready, heard of lately, and with so many leading positions as far as it said. */
  isCloseTo (index: number, positions: number): boolean
  /** Asks all how far they are. */
  ask (): void
  /** Hands the head's standby what the head was handed: it has no stage before it. */
  feed (from: (position: number) => readonly Feed[]): void
  /** The link of a standby that is to be a stage itself: it is no standby any more. */
  take (stop: RouteStop): StageLink | undefined
  /** @param leave what becomes of each. @default it is released */
  end (leave?: (link: StageLink) => void): void
}

interface Standing {
  readonly stop: RouteStop
  link: StageLink | undefined
  ready: boolean
  have: number
  heardMs: number
  /** First position that the head's standby was not handed yet. */
  fed: number
}

export function standbys ({ host, clock, epoch, stops, openFrame, linkOf }: StandbysInit): Standbys {
  const standing = new Map<number, Standing>()
  const stopping = new AbortController()
  let stopBeating = clock.after(BEAT_EVERY_MS, beat)

  function beat (): void {
    stopBeating = clock.after(BEAT_EVERY_MS, beat)
    for (const [index, { link, heardMs }] of [...standing]) if (link !== undefined && clock.now() - heardMs > SILENT_MS) drop(index)
    ask()
  }

  function ask (): void {
    for (const { link } of standing.values()) link?.tell(encodeFrame({ type: RingType.beat, epoch }, Beat.encode({ state: 0 })))
  }

  const release = (link: StageLink): void => { link.release() }

  function drop (index: number, leave = release): void {
    const one = standing.get(index)
    standing.delete(index)
    if (one?.link !== undefined) leave(one.link)
  }

  async function open (index: number, one: Standing): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(OPEN_MS)])
    const link = await stageLink(host, one.stop, { signal })
    if (standing.get(index) !== one) {
      link.release()
      return
    }
    one.link = link
    one.heardMs = clock.now()
    link.listen({
      frame ({ type, position }, payload) {
        one.heardMs = clock.now()
        if (type === RingType.ready && !one.ready) {
          const { have } = parse(Ready.decode, payload, 'the answer')
          one.have = one.fed = have
          link.tell(encodeFrame({ type: RingType.resume, epoch, position: have }, Resume.encode({ until: have })))
          one.ready = true
          const { peerId, start, addresses } = one.stop
          if (index > 0) linkOf(index - 1)?.tell(encodeFrame({ type: RingType.mirror, epoch, position: have }, Mirror.encode({ next: { peerId, start, addresses: addresses.slice(0, 16) } })))
        } else if (type === RingType.beat) {
          one.have = position
        } else if (type === RingType.busy || type === RingType.refused || type === RingType.fault || type === RingType.leaving) {
          drop(index)
        }
      },
      lost () { drop(index) }
    })
    link.tell(openFrame(index, one.stop))
  }

  return {
    add (index, stop) {
      if (standing.has(index) || stops[index] === undefined) return
      const one: Standing = { stop, link: undefined, ready: false, have: 0, heardMs: clock.now(), fed: 0 }
      standing.set(index, one)
      open(index, one).catch(() => { drop(index) })
    },

    has: (index) => standing.has(index),

    of (index) {
      const one = standing.get(index)
      return one?.ready === true && one.link?.alive === true ? one.stop : undefined
    },

    isCloseTo (index, positions) {
      const one = standing.get(index)
      return one?.ready === true && one.link?.alive === true && one.have >= positions && clock.now() - one.heardMs < SILENT_MS
    },

    ask,

    feed (feedsFrom) {
      const head = standing.get(0)
      if (head?.ready !== true) return
      for (const { from, ids } of feedsFrom(head.fed)) {
        head.link?.tell(encodeFrame({ type: RingType.ids, epoch, lap: from + 1, position: from, rows: ids.length }, idBytes(ids)))
        head.fed = from + ids.length
      }
    },

    take (stop) {
      for (const [index, one] of standing) {
        if (!one.ready || one.link?.alive !== true || heldKey(one.stop) !== heldKey(stop)) continue
        standing.delete(index)
        return one.link
      }
      return undefined
    },

    end (leave) {
      stopBeating()
      stopping.abort(new Error('the epoch is over'))
      for (const index of [...standing.keys()]) drop(index, leave)
    }
  }
}
