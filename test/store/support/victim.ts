/**
 * A process that works on a store and kills itself, as kill -9 or a power cut would, at the step that it is told: `victim.ts TASK FOLDER STEP`.
 * A step is a change to the disk. At an even one it dies before the change, at an odd one behind it; a write is cut in half either way.
 * With step 0 it lives, and prints how many steps there were.
 */
import promises, { open, type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import { tasks } from './tasks.ts'

const [, , task = '', folder = '', at = '0'] = process.argv
const killAt = Number(at)
let steps = 0

type Operation = (...args: unknown[]) => Promise<unknown>

const isChange = (name: string, args: readonly unknown[]): boolean => name !== 'open' || /[wa+]/.test(String(args[1]))

/** Whether this is the step to die at. */
function isLast (): boolean {
  return ++steps === killAt
}

function die (): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('dying takes a moment')
}

/** Counts what an object's methods change, and dies at one of them. */
function watch (target: Record<string, Operation>, names: readonly string[]): void {
  for (const name of names) {
    const operation = target[name]
    if (operation === undefined) throw new Error(`there is no ${name}`)
    target[name] = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
      if (!isChange(name, args) || !isLast()) return await operation.apply(this, args)
      if (name === 'write' && args[0] instanceof Uint8Array) await operation.call(this, args[0].subarray(0, args[0].byteLength >> 1), ...args.slice(1, 2))
      else if (killAt % 2 === 1) await operation.apply(this, args)
      return die()
    }
  }
}

const handle: FileHandle = await open(fileURLToPath(import.meta.url))
const prototype = Object.getPrototypeOf(handle) as Record<string, Operation> // where all handles have their methods
await handle.close()
watch(prototype, ['write', 'writeFile', 'sync', 'chmod', 'truncate'])
watch(promises as unknown as Record<string, Operation>, ['open', 'writeFile', 'rename', 'rm', 'link', 'chmod', 'utimes', 'mkdir'])
syncBuiltinESMExports()

await tasks[task]?.(folder)
process.stdout.write(`${steps}\n`)
