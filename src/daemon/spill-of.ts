import { spillFile, type SpillFile } from '../store/index.ts'
import type { Logger } from './log.ts'
import type { Teardown } from './teardown.ts'

const SHORTER = 'long sessions keep less to be repaired from'

/** The data folder's spill file. Undefined where the disk has no room for one: that is told, and the node runs without. */
export async function spillOf (data: string, log: Logger, down: Teardown): Promise<SpillFile | undefined> {
  try {
    const spill = await spillFile(data, { onError (error) { log.warn({ error: error.message }, `the spill file failed: ${SHORTER}`) } })
    down.add('spill', async () => await spill.close())
    return spill
  } catch (error) {
    log.warn({ error: error instanceof Error ? error.message : String(error) }, `there is no spill file: ${SHORTER}`)
    return undefined
  }
}
