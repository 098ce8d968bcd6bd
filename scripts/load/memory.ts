/** Resident memory of other processes. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Bytes. @throws {Error} where the process has ended */
export async function residentBytes (pid: number): Promise<number> {
  const kilobytes = process.platform === 'linux'
    ? /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
    : (await run('ps', ['-o', 'rss=', '-p', String(pid)])).stdout.trim()
  const bytes = Number(kilobytes) * 1024
  if (!(bytes > 0)) throw new Error(`process ${pid} has ended`)
  return bytes
}
