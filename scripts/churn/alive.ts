/** Memory of this process that something still holds on to. */
import { collectGarbage } from '../../test/support/garbage.ts'

/** Bytes that are left once all garbage is collected: what is resident beside them depends on when that was last done. */
export function aliveBytes (): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
