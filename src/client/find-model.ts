/** Which model a question is for, among those that nodes of the swarm serve. */
import { chooseModel, type ModelChoice } from './choose-model.ts'
import { delay } from './delay.ts'
import { NobodyServesError } from './errors.ts'
import { lookAround } from './join.ts'
import { modelViews } from './models.ts'
import type { ProgressEvent } from './api.ts'
import type { NodeRecord, Swarm } from '../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface FindModelOptions extends AbortOptions {
  /** A name or id. */
  readonly asked?: string | undefined
  /** What this machine's store calls by that name. */
  readonly storedId?: string | undefined
  on? (event: ProgressEvent): void
}

export interface FindModelComponents {
  readonly swarm: Pick<Swarm, 'nodes' | 'refresh'>
  /** Peer ids. */
  readonly joined: readonly string[]
  /** Milliseconds from any moment on. @default of the clock that never goes back */
  readonly now?: () => number
  /** @default by a timer */
  readonly wait?: (ms: number, signal: AbortSignal | null | undefined) => Promise<void>
}

/** How long a record that is there takes at most until it is found, and one look lasts. */
export const FIND_MS = 3_000
/** The same where the looks are not sure of what they saw. */
const SLOW_MS = 10_000
/** How long a node may be loading. */
const LOAD_MS = 60_000
export const LOOK_EVERY_MS = 250
/** Looking that takes longer is told. */
const TELL_MS = 1_000

/** Waits a little for nodes that are being found or are loading. @throws {AmbiguousModelError} @throws {NobodyServesError} */
export async function findModel (
  { swarm, joined, now = () => performance.now(), wait = delay }: FindModelComponents,
  { asked, storedId, signal, on: tell = () => { /* nobody is told */ } }: FindModelOptions
): Promise<ModelChoice> {
  const started = now()
  const options = signal == null ? {} : { signal }
  tell({ kind: 'finding', ...(asked === undefined ? {} : { model: asked }) })
  let records: readonly NodeRecord[] = []
  for (let told = false; ;) {
    const before = records.length
    const { isWhole, ...look } = await lookAround(swarm, { timeoutMs: FIND_MS, ...options })
    records = look.nodes
    const ofJoined = records.filter(({ peerId }) => joined.includes(peerId))
    // A machine that has just begun to look, or has much else to do, sees little at first: who is missing may be there. A node that was joined is there.
    const isSure = isWhole && records.length <= before && ofJoined.length > 0
    try {
      const choice = chooseModel({ asked, storedId, models: modelViews(records), joined: ofJoined.flatMap(({ spans }) => spans.map(({ modelId }) => modelId)) })
      tell({ kind: 'model', ...choice })
      return choice
    } catch (error) {
      const tookMs = now() - started
      const loading = records.some(({ spans }) => spans.some(({ state }) => state === 'claiming' || state === 'loading'))
      if (!(error instanceof NobodyServesError) || tookMs > (loading ? LOAD_MS : isSure ? FIND_MS : SLOW_MS)) throw error
      if (!told && tookMs > TELL_MS) {
        told = true
        tell({ kind: 'waiting', for: loading ? 'loading' : 'nodes' })
      }
    }
    await wait(LOOK_EVERY_MS, signal)
  }
}
