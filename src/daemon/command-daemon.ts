/** What `shoal stop`, `shoal pause` and `shoal resume` say to the daemon of a data folder. */
import { askDaemon, type NodeStatus, type Overview } from './control/index.ts'
import { UncontrolledError } from './errors.ts'
import { isRunning, removeState, requireDaemon } from './state-file.ts'
import type { Trace } from './traces.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface StopOptions {
  /** How long the answers it works on may take. @default the node's own drain timeout */
  readonly drainTimeoutMs?: number | undefined
  readonly signal: AbortSignal
  /** Answers that are done, of those that were at work. */
  onProgress (done: number, total: number): void
}

/** What a node that can't be asked is given. */
const DEFAULT_DRAIN_MS = 30_000
/** From the end of the last answer to that of the process. */
const GOING_DOWN_MS = 15_000
const LOOK_EVERY_MS = 50
const REPLY_MS = 5000

/**
 * Stops the daemon and waits until its process has ended. False: answers had to be ended, or the process had to be. A daemon that does
 * not listen is sent SIGTERM, which asks for the same. @throws {NoDaemonError} @throws {ControlError} @throws the signal's reason
 */
export async function stopDaemon (folder: string, { drainTimeoutMs, signal, onProgress }: StopOptions): Promise<boolean> {
  const { pid, control } = await requireDaemon(folder)
  let deadlineMs = performance.now() + (drainTimeoutMs ?? DEFAULT_DRAIN_MS) + GOING_DOWN_MS
  let heard = false
  let drained = true

  const watch = async (path: string, watching: AbortSignal): Promise<void> => {
    let total = 0
    for await (const status of askDaemon(path, { command: 'stop', ...(drainTimeoutMs === undefined ? {} : { drainTimeoutMs }) }, { signal: watching })) {
      if (!heard) deadlineMs = performance.now() + status.drainTimeoutMs + GOING_DOWN_MS
      heard = true
      total = Math.max(total, status.left)
      if (total > 0) onProgress(total - status.left, total)
      drained = status.drained ?? drained
    }
  }
  const ended = new AbortController()
  const asked = control == null ? Promise.reject(new UncontrolledError(control)) : watch(control, AbortSignal.any([signal, ended.signal]))
  // a connection that breaks later did what it was for
  asked.catch(() => { if (!heard && !signal.aborted) terminate(pid) })
  // Another process's end can't be waited for, only asked about.
  while (isRunning(pid)) {
    signal.throwIfAborted()
    if (performance.now() > deadlineMs) {
      process.kill(pid, 'SIGKILL')
      await removeState(folder)
      drained = false
      break
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  ended.abort(new Error('the node has ended'))
  await asked.catch(() => { /* it is gone */ })
  return drained
}

function terminate (pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    // it ended by itself meanwhile
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** @throws {NoDaemonError} @throws {UncontrolledError} @throws {ControlError} */
export async function tellDaemon (folder: string, command: 'pause' | 'resume' | 'status', { signal }: AbortOptions): Promise<NodeStatus> {
  const { control } = await requireDaemon(folder)
  if (control == null) throw new UncontrolledError(control)
  for await (const status of askDaemon(control, { command }, within(signal))) return status
  throw new UncontrolledError(control)
}

export interface AskTracesOptions extends AbortOptions {
  /** Of a request or a session, or the beginning of one. @default all */
  readonly id?: string | undefined
  /** @default 10 */
  readonly last?: number | undefined
}

/** The answers that the daemon remembers, the newest first. @throws {NoDaemonError} @throws {UncontrolledError} @throws {ControlError} */
export async function askTraces (folder: string, { id, last, signal }: AskTracesOptions): Promise<Trace[]> {
  const { control } = await requireDaemon(folder)
  if (control == null) throw new UncontrolledError(control)
  const traces: Trace[] = []
  for await (const trace of askDaemon(control, { command: 'traces', ...(id === undefined ? {} : { id }), ...(last === undefined ? {} : { last }) }, within(signal))) traces.push(trace)
  return traces
}

/** What the daemon sees now. @throws {NoDaemonError} @throws {UncontrolledError} @throws {ControlError} */
export async function askOverview (folder: string, { signal }: AbortOptions): Promise<Overview> {
  const { control } = await requireDaemon(folder)
  if (control == null) throw new UncontrolledError(control)
  for await (const seen of askDaemon(control, { command: 'overview' }, within(signal))) return seen
  throw new UncontrolledError(control)
}

function within (signal: AbortSignal | null | undefined): { signal: AbortSignal } {
  const timeout = AbortSignal.timeout(REPLY_MS)
  return { signal: signal == null ? timeout : AbortSignal.any([signal, timeout]) }
}
