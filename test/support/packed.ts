/** A program in an empty folder that has nothing but the packed package. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { root, temporaryFolder, type Json } from './shoal.ts'

const run = promisify(execFile)

/** A folder with `node_modules/shoal-node` as `npm pack` makes it, and nothing that it depends on. */
export async function folderWithPackage (): Promise<string> {
  const folder = await temporaryFolder()
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
  await run('tar', ['-xzf', join(folder, stdout.trim().split('\n').at(-1) ?? '')], { cwd: folder })
  await mkdir(join(folder, 'node_modules'))
  await rename(join(folder, 'package'), join(folder, 'node_modules', 'shoal-node'))
  return folder
}

export interface Program {
  readonly child: ChildProcess
  /** Standard output, one JSON object a line, as it comes. */
  readonly lines: AsyncIterable<Json>
  /** All of it so far. */
  stdout (): string
  stderr (): string
}

/** Runs a module's text in such a folder. */
export async function runProgram (folder: string, text: string, args: readonly string[]): Promise<Program> {
  const path = join(folder, 'program.mjs')
  await writeFile(path, text)
  const child = spawn(process.execPath, [path, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { stdout += chunk })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { stderr += chunk })
  const lines = createInterface({ input: child.stdout })
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    lines: (async function * () { for await (const line of lines) yield JSON.parse(line) as Json })()
  }
}

/** Whether a TypeScript program holds in such a folder, with no types but the package's and the platform's. Resolves with what is wrong. */
export async function typeCheck (folder: string, text: string): Promise<string> {
  await writeFile(join(folder, 'program.mts'), text)
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom', '--typeRoots', 'none']
  return await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...options, 'program.mts'], { cwd: folder })
    .then(() => '', (error: unknown) => String((error as { stdout?: unknown }).stdout ?? error))
}
