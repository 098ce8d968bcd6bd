/** Kills a node now and then, and starts it again on its data folder: the same peer at another port. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Herd } from '../../test/support/herd.ts'

export interface ReaperInit {
  readonly herd: Herd
  readonly everyMs: number
  readonly seed: number
  readonly endsAt: number
  onKill (peerId: string): void
}

/** Resolves with the number of kills, when all are up again. */
export async function reap ({ herd, everyMs, seed, endsAt, onKill }: ReaperInit): Promise<number> {
  let kills = 0
  let state = seed
  for (let dueAt = performance.now() + everyMs; dueAt < endsAt; dueAt += everyMs) {
    await delay(Math.max(0, dueAt - performance.now()))
    // Lehmer's generator
    state = state * 48_271 % 2_147_483_647
    const peerIds = [...herd.members.keys()].sort()
    const peerId = peerIds[state % peerIds.length] ?? ''
    onKill(peerId)
    await herd.members.get(peerId)?.kill()
    kills++
    await herd.restart(peerId)
  }
  return kills
}
