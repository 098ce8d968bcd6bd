import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { z } from 'zod'

export interface DemoNode {
  readonly pid: number | undefined
  /** @throws its last words, where it ends before it is ready */
  ready (signal: AbortSignal): Promise<{ readonly peerId: string, readonly address: string }>
  stop (): Promise<void>
  /** As a power cut would. */
  kill (): void
}

export interface DemoNodeInit {
  readonly home: string
  readonly model: string
  readonly layers: string
  /** The one address that it knows. */
  readonly bootstrap: string | undefined
  readonly verbose: boolean
}

const READY_MS = 45_000
const STOP_MS = 5_000

const readyEvent = z.object({ event: z.literal('ready'), peerId: z.string(), addrs: z.array(z.string()).min(1) })

/** A `shoal serve` on loopback that ends with this process: it watches the channel between them. */
export function demoNode ({ home, model, layers, bootstrap, verbose }: DemoNodeInit): DemoNode {
  const [, main = ''] = process.argv
  const args = [
    'serve', model, '--layers', layers, '--data', home, '--listen', '/ip4/127.0.0.1/tcp/0', '--http', 'off', '--no-lan', '--threads', '1', '--json',
    '--drain-timeout', '0', ...(bootstrap == null ? [] : ['--join', bootstrap])
  ]
  // Not of this terminal's group: Ctrl-C is for the answer at first.
  const child = spawn(process.execPath, [...process.execArgv, main, ...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let lastWords = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = text.trim().split('\n').at(-1) ?? lastWords
    if (verbose) process.stderr.write(text)
  })
  const ended = once(child, 'exit')

  const ready = async (): Promise<{ peerId: string, address: string }> => {
    if (child.stdout == null) throw new Error('the node has no output')
    for await (const line of createInterface({ input: child.stdout })) {
      const event = readyEvent.safeParse(JSON.parse(line))
      if (event.success) return { peerId: event.data.peerId, address: event.data.addrs[0] ?? '' }
    }
    throw new Error(`a node of the demo ended: ${lastWords.replace(/^shoal: /, '')}`)
  }
  const isReady = ready()
  isReady.catch(() => { /* told to whoever waits */ })

  return {
    pid: child.pid,
    ready: async (signal) => {
      const late = AbortSignal.any([signal, AbortSignal.timeout(READY_MS)])
      return await Promise.race([
        isReady,
        new Promise<never>((_resolve, reject) => {
          late.addEventListener('abort', () => { reject(signal.aborted && signal.reason instanceof Error ? signal.reason : new Error('a node of the demo did not get ready in time')) }, { once: true })
        })
      ])
    },
    kill: () => { child.kill('SIGKILL') },
    stop: async () => {
      if (child.exitCode == null && child.signalCode == null) {
        child.kill('SIGTERM')
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
        await ended
        clearTimeout(timer)
      }
    }
  }
}
