/** `daemon.json` in the data folder: how the commands on this machine find the running daemon. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { NoDaemonError } from './errors.ts'

const schema = z.object({
  pid: z.int().positive(),
  peerId: z.string(),
  addrs: z.array(z.string()),
  /** `http://HOST:PORT`; null without a gateway. */
  http: z.string().nullable(),
  model: z.string(),
  modelId: z.string(),
  span: z.tuple([z.int(), z.int()]),
  /** The private swarm's key file. */
  psk: z.string().nullable(),
  /** Path of its control channel; null where there is none. */
  control: z.string().nullable().default(null)
})

export type DaemonState = z.infer<typeof schema>

const fileOf = (folder: string): string => join(folder, 'daemon.json')

async function writeState (folder: string, state: DaemonState): Promise<void> {
  const { writeFileAtomic } = await import('../store/index.ts')
  await writeFileAtomic(fileOf(folder), `${JSON.stringify(state, null, 2)}\n`)
}

export async function removeState (folder: string): Promise<void> {
  await rm(fileOf(folder), { force: true })
}

export interface StateKeeper {
  /** Removes the file. */
  stop (): Promise<void>
}

/** Writes the daemon's state, and again after every change that `onChange` tells of. */
export async function keepState (folder: string, state: () => DaemonState, onChange: (listener: () => void) => () => void, onError: (error: unknown) => void): Promise<StateKeeper> {
  let written = state()
  await writeState(folder, written)
  // one after another: an older state must not replace a newer one, nor come after the end
  let queue = Promise.resolve()
  const forget = onChange(() => {
    queue = queue.then(async () => {
      const next = state()
      if (JSON.stringify(next) === JSON.stringify(written)) return
      await writeState(folder, next)
      written = next
    }).catch(onError)
  })
  return {
    stop: async () => {
      forget()
      await queue
      await removeState(folder)
    }
  }
}

export function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user's is running all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The daemon that runs on a data folder now, or undefined: what a killed one left behind does not count. */
export async function findDaemon (folder: string): Promise<DaemonState | undefined> {
  try {
    const state = schema.parse(JSON.parse(await readFile(fileOf(folder), 'utf8')))
    return isRunning(state.pid) ? state : undefined
  } catch {
    // Missing, or not ours to understand: the same to whoever looks for a daemon.
    return undefined
  }
}

/** @throws {NoDaemonError} */
export async function requireDaemon (folder: string): Promise<DaemonState> {
  const state = await findDaemon(folder)
  if (state == null) throw new NoDaemonError(folder)
  return state
}
