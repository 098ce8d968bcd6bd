import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AbortOptions } from '@libp2p/interface'

export interface ProcessLock {
  release (): Promise<void>
}

/** Who has a lock. */
export interface Holder {
  readonly pid: number
  /** When that process began, in whatever unit the system has; empty where it can't be known. */
  readonly began: string
}

/** Whether there is a process of that number now. */
export function isAlive (pid: number): boolean {
  // to the system, zero and below mean groups of processes
  if (pid <= 0) {
    return false
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: there is one, of somebody else's
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When a process began. Numbers come again: after a restart of the machine, and in containers, where each run has the same.
 */
async function beganOf (pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const [boot, line] = await Promise.all([readText('/proc/sys/kernel/random/boot_id'), readText(`/proc/${pid}/stat`)])
    // the name, in brackets, may hold anything; the start time is the 22nd field
    const began = line.slice(line.lastIndexOf(')') + 2).split(' ')[19]
    return began == null ? '' : `${boot.trim()} ${began}`
  }
  return pid === process.pid ? String(Math.round(performance.timeOrigin)) : ''
}

const readText = async (path: string): Promise<string> => await readFile(path, 'utf8').catch(() => '')

async function isHolder ({ pid, began }: Holder): Promise<boolean> {
  if (!isAlive(pid)) {
    return false
  }
  const current = await beganOf(pid)
  return began === '' || current === '' || current === began
}

/** Undefined where there is no such file. */
async function holderOf (path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error
    }
  })
  if (text == null) {
    return undefined
  }
  const [pid = '', ...began] = text.split(' ')
  return { pid: /^\d{1,10}$/.test(pid) ? Number(pid) : -1, began: began.join(' ') }
}

/** A name that is recognised as a leftover when this process is gone. */
const asideOf = (path: string): string => `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`

/** Takes the lock that a file stands for, also from a process that is gone; else says who has it. */
export async function takeLock (path: string): Promise<ProcessLock | { readonly heldBy: Holder }> {
  const aside = asideOf(path)
  const own = `${process.pid} ${await beganOf(process.pid)}`
  try {
    await writeFile(aside, own)
    for (;;) {
      // a hard link appears whole or not at all, and never over another
      if (await linked(aside, path)) {
        return { release: async () => { await rm(path, { force: true }) } }
      }
      const heldBy = await holderOf(path)
      if (heldBy != null && await isHolder(heldBy)) {
        return { heldBy }
      }
      if (heldBy != null) {
        await removeAbandoned(path, aside)
      }
    }
  } finally {
    await rm(aside, { force: true })
  }
}

/**
 * Removes the lock of a process that is gone. Only whoever has the guard beside it may, after another look: so a lock that somebody
 * took meanwhile is never removed.
 */
async function removeAbandoned (path: string, aside: string): Promise<void> {
  const guard = `${path}.guard`
  if (!await linked(aside, guard)) {
    const guarding = await holderOf(guard)
    if (guarding != null && !await isHolder(guarding)) {
      await rm(guard, { force: true })
    }
    await delay(1)
    return
  }
  try {
    const heldBy = await holderOf(path)
    if (heldBy != null && !await isHolder(heldBy)) {
      await rm(path, { force: true })
    }
  } finally {
    await rm(guard, { force: true })
  }
}

async function linked (from: string, to: string): Promise<boolean> {
  return await link(from, to).then(() => true, (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error
    }
    return false
  })
}

/** Runs a short task that only one process at a time may do; the others wait for their turn, at most `waitMs`. */
export async function withLock<T> (path: string, task: () => Promise<T>, { signal, waitMs = 10_000 }: AbortOptions & { readonly waitMs?: number } = {}): Promise<T> {
  const deadline = Date.now() + waitMs
  for (;;) {
    const lock = await takeLock(path)
    if ('release' in lock) {
      return await task().finally(lock.release)
    }
    if (Date.now() > deadline) {
      throw new Error(`process ${lock.heldBy.pid} has kept ${path} for ${waitMs} ms; stop it, or remove the file if that is no Shoal`)
    }
    await delay(5, undefined, signal == null ? {} : { signal })
  }
}
