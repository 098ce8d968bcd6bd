import { MIRROR_FRAMES, RingType, type Neighbour } from '../../../protocols/ring/index.ts'
import { encodeFrame } from '../frames.ts'
import { outlet, type Outlet } from './outlet.ts'
import type { ReplayBuffer } from '../replay-buffer.ts'
import type { StagePlan } from './stage-plan.ts'
import type { Clock, Host } from '../../p2p/index.ts'

/** Between two batches, so that the way to the stage that is waited for stays free. */
const PAUSE_MS = 20
const DIAL_MS = 5000

export interface MirrorComponents {
  readonly host: Pick<Host, 'open' | 'sign'>
  readonly clock: Clock
  readonly replay: ReplayBuffer
}

export interface MirrorInit {
  readonly stage: StagePlan
  readonly epoch: number
  readonly next: Neighbour
  /** First position that it lacks. */
  readonly from: number
}

/** Sends a standby what was sent to the next stage, in batches, behind the work that somebody waits for. One that is lost is lost: its coordinator sees that. */
export interface Mirror {
  /** One more frame is in the buffer. */
  poke (): void
  readonly over: boolean
  end (): void
}

export function mirror ({ host, clock, replay }: MirrorComponents, { stage, epoch, next, from }: MirrorInit): Mirror {
  const stopping = new AbortController()
  const cursor = replay.since(from)
  let link: Outlet | undefined
  let waiting = 0
  let busy = true
  let over = false

  const end = (): void => {
    if (over) return
    over = true
    stopping.abort(new Error('nobody is to be mirrored any more'))
    link?.close().catch((error: unknown) => { link?.abort(error instanceof Error ? error : new Error('the hop could not be closed')) })
  }

  async function batches (to: Outlet): Promise<void> {
    busy = true
    while (cursor.left >= MIRROR_FRAMES && !over) {
      for (let sent = 0; sent < MIRROR_FRAMES;) {
        const due = await cursor.next(MIRROR_FRAMES - sent)
        if (due.length === 0 || over) break
        for (const { position, rows, payload } of due) {
          to.send(encodeFrame({ type: RingType.hidden, epoch, lap: position + 1, position, rows }, payload), position + rows)
        }
        sent += due.length
      }
      await to.drained({ signal: stopping.signal })
      await new Promise<void>((resolve) => { clock.after(PAUSE_MS, resolve) })
    }
    waiting = cursor.left
    busy = false
  }

  outlet(host, stage, epoch, next, { lost: end }, { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(DIAL_MS)]) }).then(async (made) => {
    link = made
    if (over) made.abort(new Error('too late'))
    else await batches(made)
  }).catch(end)

  return {
    poke () {
      if (over || busy || link === undefined || ++waiting < MIRROR_FRAMES) return
      batches(link).catch(end)
    },
    get over () { return over },
    end
  }
}
