import { settle } from './virtual-clock.ts'
import type { Spill, SpilledBlock } from '../../../src/pipeline/index.ts'

/** A spill that says when it is at rest, and counts what it does. */
export interface WatchedSpill extends Spill {
  readonly writes: number
  readonly reads: number
  /** What the next calls answer in place of doing something, until undefined. */
  readonly instead: { write?: 'full' | 'failed' | undefined, read?: 'failed' | undefined }
  /** Resolves when nothing is under way and nothing follows. */
  rest (): Promise<void>
}

export function watchedSpill (spill: Spill): WatchedSpill {
  const pending = new Set<Promise<unknown>>()
  const instead: WatchedSpill['instead'] = {}
  let writes = 0
  let reads = 0
  const watch = async <T> (task: Promise<T>): Promise<T> => {
    pending.add(task)
    return await task.finally(() => { pending.delete(task) })
  }
  const watchedBlock = (block: SpilledBlock): SpilledBlock => ({
    async read () {
      reads++
      return instead.read === undefined ? await watch(block.read()) : undefined
    },
    free () { block.free() }
  })

  return {
    get writes () { return writes },
    get reads () { return reads },
    instead,

    async write (bytes) {
      writes++
      if (instead.write !== undefined) return instead.write
      const block = await watch(spill.write(bytes))
      return typeof block === 'string' ? block : watchedBlock(block)
    },

    async rest () {
      await settle()
      while (pending.size > 0) {
        await Promise.all(pending)
        await settle()
      }
    }
  }
}
