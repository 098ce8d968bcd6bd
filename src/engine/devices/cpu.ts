import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import type { DeviceInfo } from '../types.ts'

export function cpuInfo (): DeviceInfo {
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return { kind: 'cpu', label: cpuLabel(), memoryBytes, freeBytes: Math.min(memoryBytes, availableBytes(memoryBytes)) }
}

function cpuLabel (): string {
  return cpus()[0]?.model.replace(/\s+/g, ' ').trim() || process.arch
}

function availableBytes (memoryBytes: number): number {
  const available = process.availableMemory()
  // macOS counts neither its file cache nor compressible pages as free, so what it calls free is always next to nothing.
  return process.platform === 'darwin' ? Math.max(available, memoryBytes / 2) : available
}

/** Threads for one operator: the physical cores, since two threads of a core share the units that products are made on. */
export function physicalCores (cpuinfo: string | undefined = readCpuInfo()): number {
  const logical = availableParallelism()
  const cores = cpuinfo === undefined ? 0 : new Set(cpuinfo.split('\n\n').flatMap(coreOf)).size
  if (cores > 0) return Math.min(cores, logical)
  // x64 without /proc: two threads a core is the rule. Other architectures run one.
  return process.arch === 'x64' && process.platform !== 'linux' ? Math.max(1, Math.floor(logical / 2)) : logical
}

function coreOf (processor: string): string[] {
  const socket = /^physical id\s*: (\d+)$/m.exec(processor)?.[1]
  const core = /^core id\s*: (\d+)$/m.exec(processor)?.[1]
  return core === undefined ? [] : [`${socket ?? '0'}:${core}`]
}

/**
 * The instruction sets that ONNX Runtime has kernels of their own for, best first: the first whose flags are all there names
 * the class.
 */
const instructionSets: readonly { readonly name: string, readonly flags: readonly string[] }[] = [
  { name: 'amx', flags: ['amx_int8', 'avx512_vnni'] },
  { name: 'avx512vnni', flags: ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512_vnni'] },
  { name: 'avx512', flags: ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'] },
  { name: 'avxvnni', flags: ['avx2', 'fma', 'avx_vnni'] },
  { name: 'avx2', flags: ['avx2', 'fma'] },
  { name: 'avx', flags: ['avx'] },
  { name: 'sse2', flags: ['sse2'] },
  { name: 'sve-i8mm', flags: ['sve', 'i8mm'] },
  { name: 'neon-i8mm', flags: ['asimd', 'i8mm'] },
  { name: 'neon-dotprod', flags: ['asimd', 'asimddp'] },
  { name: 'neon', flags: ['asimd'] }
]

/**
 * Part of the numeric class. Where the flags can't be read, the processor's name stands for them: machines that might
 * differ are never taken for equal.
 */
export function instructionSet (cpuinfo: string | undefined = readCpuInfo()): string {
  const flags = new Set(/^(?:flags|Features)\s*: (.*)$/m.exec(cpuinfo ?? '')?.[1]?.split(' '))
  const known = instructionSets.find((set) => set.flags.every((flag) => flags.has(flag)))
  return known?.name ?? `${process.arch}-${slug(cpuLabel())}`
}

/** `AMD EPYC 7B13 (x)` → `amd-epyc-7b13-x` */
export function slug (text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
}

function readCpuInfo (): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    return readFileSync('/proc/cpuinfo', 'utf8')
  } catch {
    // A sandbox may hide it: the fallbacks above then hold.
    return undefined
  }
}
