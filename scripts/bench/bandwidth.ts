/** How fast one thread reads memory, measured in a child process: `memchr` over half a gigabyte in which the byte is not, and `memcpy`. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The better of reading and copying, in bytes a second, best of a few passes: that is what the machine can do. */
export async function memoryBandwidth (): Promise<number> {
  const { stdout } = await run(process.execPath, [fileURLToPath(new URL('read-memory.mjs', import.meta.url))])
  const bytesPerSecond = Number(stdout)
  if (!(bytesPerSecond > 0)) throw new Error(`the memory probe said ${JSON.stringify(stdout)}`)
  return bytesPerSecond
}
