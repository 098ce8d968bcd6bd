/**
 * Real `shoal` processes for tests: run a command to its end, or keep a daemon for as long as a test needs it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))
const bin = join(root, 'bin', 'shoal.cjs')

export type Json = Record<string, unknown>

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as one JSON object a line; lines that are none are left out. */
  readonly events: readonly Json[]
}

export interface RunOptions {
  readonly home?: string
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
  /** Another installation's executable. */
  readonly bin?: string
  readonly cwd?: string
  /** Put before the command: `at(machine)` of a test's internet. */
  readonly before?: readonly string[]
}

function start (args: readonly string[], options: RunOptions): ChildProcess {
  const env = { ...process.env, NO_COLOR: '1', ...(options.home == null ? {} : { SHOAL_HOME: options.home }), ...options.env }
  const [command = '', ...rest] = [...options.before ?? [], ...options.bin == null ? [process.execPath, bin] : [options.bin], ...args]
  return spawn(command, rest, { env, cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] })
}

const parse = (line: string): Json[] => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value != null ? [value as Json] : []
  } catch {
    return []
  }
}

/** Runs one command to its end. */
export async function shoal (args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = start(args, options)
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  child.stdin?.on('error', () => { /* a command that reads nothing may end before the input is written */ })
  child.stdin?.end(options.input ?? '')
  await once(child, 'close')
  clearTimeout(timer)
  return { code: child.exitCode, stdout, stderr, events: stdout.split('\n').flatMap(parse) }
}

export interface Daemon {
  readonly child: ChildProcess
  readonly home: string
  readonly ready: Json
  readonly peerId: string
  /** The first address on loopback TCP. */
  readonly address: string
  readonly http: string
  stderr (): string
  /** Ctrl-C, and waits for the end; the exit code. */
  stop (): Promise<number | null>
  /** kill -9, and waits for the end. */
  kill (): Promise<void>
}

/** Starts `shoal serve`, if not told otherwise on loopback with ports of its own and without mDNS, in `home` or an empty data folder, and waits until it is ready. */
export async function daemon (args: readonly string[], options: RunOptions & { readonly lan?: boolean } = {}): Promise<Daemon> {
  const home = options.home ?? await temporaryFolder()
  const child = start([
    'serve', ...args, '--json', ...(options.lan === true ? [] : ['--no-lan']),
    ...(args.includes('--listen') ? [] : ['--listen', '/ip4/127.0.0.1/tcp/0']),
    ...(args.includes('--http') ? [] : ['--http', '127.0.0.1:0'])
  ], { ...options, home })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const ready = await new Promise<Json>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the daemon was not ready in time:\n${stderr}`))
    }, options.timeoutMs ?? 60_000)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the daemon ended with ${code ?? 'a signal'}:\n${stderr}`))
    })
    if (child.stdout == null) {
      throw new Error('the daemon has no standard output')
    }
    createInterface({ input: child.stdout }).on('line', (line) => {
      for (const event of parse(line)) {
        if (event.event === 'ready') {
          clearTimeout(timer)
          resolve(event)
        }
      }
    })
  })
  const addresses = ready.addrs as string[]
  const ended = async (): Promise<void> => {
    if (child.exitCode == null && child.signalCode == null) {
      await once(child, 'exit')
    }
  }
  return {
    child,
    home,
    ready,
    peerId: String(ready.peerId),
    address: addresses.find((address) => address.startsWith('/ip4/127.0.0.1/tcp/') && !address.includes('/ws')) ?? String(addresses[0]),
    http: String(ready.http),
    stderr: () => stderr,
    stop: async () => {
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await ended()
      clearTimeout(timer)
      return child.exitCode
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended()
    }
  }
}

const folders: string[] = []

/** An empty folder that goes when the tests are over. */
export async function temporaryFolder (): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-test-'))
  folders.push(folder)
  return folder
}

/** Called once at the end of a test file that used `temporaryFolder` or `daemon`. */
export async function removeFolders (): Promise<void> {
  await Promise.all(folders.splice(0).map(async (folder) => { await rm(folder, { recursive: true, force: true }) }))
}
