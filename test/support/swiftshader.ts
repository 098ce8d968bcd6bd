/**
 * A GPU made of software, from npm alone: `@sparticuz/chromium` carries SwiftShader (Vulkan on the CPU) and a Vulkan
 * loader. Both are found through the environment a process starts with, so WebGPU is tested in a child process.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './shoal.ts'

/** The package has files for this platform only; elsewhere tests that need it skip. */
export const hasSwiftShader = process.platform === 'linux' && process.arch === 'x64'

/** Unpacks SwiftShader into the temporary folder and returns the variables to start a process with. */
export async function swiftShaderEnv (): Promise<Record<string, string>> {
  const { default: chromium } = await import('@sparticuz/chromium')
  const folder = dirname(await chromium.executablePath())
  const driver = join(folder, 'vk_swiftshader_icd.json')
  if (!existsSync(driver)) throw new Error(`${driver} is missing: remove ${join(folder, 'chromium')}, so that all of it is unpacked again`)
  return { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: driver }
}

export interface NodeRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a TypeScript file in a process that finds SwiftShader.
 * @param args the file, relative to the repository's root, and what it is given
 */
export async function nodeWithSwiftShader (args: readonly string[]): Promise<NodeRun> {
  const env = { ...process.env, ...await swiftShaderEnv() }
  const child = spawn(process.execPath, ['--import', 'tsx', '--import', './src/p2p/node20.ts', ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}
