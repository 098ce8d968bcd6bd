import { ORPHAN_MS, type TakeOver } from '../../../protocols/ring/index.ts'
import { sessionName } from '../log.ts'
import { keyHashOf } from '../take-over.ts'
import type { Clock } from '../../p2p/index.ts'
import type { Slot } from '../../engine/index.ts'
import type { ReplayBuffer } from '../replay-buffer.ts'
import type { StagePlan } from './stage-plan.ts'

/** What a session holds whose coordinator is gone without a word. */
export interface Orphan {
  readonly plan: StagePlan
  /** Of its session, and of those that it went on from: a client may have heard of none but an earlier one. */
  readonly names: readonly string[]
  readonly slot: Slot
  readonly replay: ReplayBuffer
  /** Leading positions whose KV is there; resolves when nothing is at work on them any more. */
  readonly settled: Promise<number>
}

/**
 * Orphans of a node, each for `ORPHAN_MS`: a client goes on at another coordinator at once or not at all. None of them is a session, and
 * whoever needs the memory of their KV gets it.
 */
export interface Orphans {
  /** The oldest gives way where there are too many. @param dropped what is left to do when nobody holds it any more */
  add (orphan: Orphan, dropped: () => void): void
  /** What a session goes on with; undefined where that is not here, or not what this plan needs. */
  take (plan: StagePlan): Orphan | undefined
  clear (): void
}

interface Kept extends Orphan {
  parked: boolean
  forget (): void
  /** Nobody waits for it any more; whoever has it now gives it back. */
  leave (): void
}

/** Their KV gives way by itself, what they can send again does not. */
const MAX_ORPHANS = 64
const MAX_NAMES = 4

const nameOf = (session: Uint8Array, keyHash: Uint8Array, start: number): string => `${sessionName(session)}/${start}/${Buffer.from(keyHash).toString('hex')}`

/** Which orphan an OPEN asks for. */
export const wantedBy = ({ session, key }: TakeOver, start: number): string => nameOf(session, keyHashOf(key), start)

/** What an orphan of this plan is called. @param before names of the one that it went on from */
export function orphanNames (plan: StagePlan, before: readonly string[] = []): readonly string[] {
  const own = plan.keyHash === undefined ? [] : [nameOf(plan.session, plan.keyHash, plan.runner.span.start)]
  return [...before, ...own].slice(-MAX_NAMES)
}

/** Whether what was computed by one plan is what another one would have computed: one answer reserves the same wherever it goes on. */
const serves = ({ plan }: Orphan, wanted: StagePlan): boolean =>
  plan.runner === wanted.runner && plan.modelId === wanted.modelId && plan.wire === wanted.wire && plan.ropeVariant === wanted.ropeVariant && plan.positions === wanted.positions

export function orphans (clock: Pick<Clock, 'after'>): Orphans {
  const byName = new Map<string, Kept>()
  const all = new Set<Kept>()

  return {
    add (orphan, dropped) {
      const { names } = orphan
      for (const name of names) byName.get(name)?.forget()
      for (const oldest of all) if (all.size >= MAX_ORPHANS) oldest.forget()
      const stopTimer = clock.after(ORPHAN_MS, () => { kept.forget() })
      const kept: Kept = {
        ...orphan,
        parked: false,
        leave () {
          stopTimer()
          all.delete(kept)
          for (const name of names) byName.delete(name)
          dropped()
        },
        forget () {
          kept.leave()
          orphan.slot.release()
          orphan.replay.clear()
        }
      }
      all.add(kept)
      for (const name of names) byName.set(name, kept)
      // a run may still write into it: until then it is nobody else's
      void orphan.settled.then(() => {
        if (!all.has(kept)) return
        kept.parked = true
        orphan.slot.park(() => { kept.forget() })
      })
    },

    take (plan) {
      const kept = plan.takeOver === undefined ? undefined : byName.get(wantedBy(plan.takeOver, plan.runner.span.start))
      if (kept === undefined || !serves(kept, plan)) return undefined
      if (kept.parked && !kept.slot.resume()) {
        kept.forget()
        return undefined
      }
      kept.leave()
      return kept
    },

    clear () { for (const kept of [...all]) kept.forget() }
  }
}
