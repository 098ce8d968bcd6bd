import { totalmem } from 'node:os'
import { EngineError } from '../errors.ts'
import { attends } from './attends.ts'
import { differsAlone } from './differs-alone.ts'
import { cpuInfo, instructionSet, slug } from './cpu.ts'
import { cudaGpus, cudaProviderMissing, type CudaGpu } from './cuda.ts'
import { runQueue } from './run-queue.ts'
import { vulkanAdapters, type VulkanAdapter } from './vulkan.ts'
import type { OrtLibrary, Provider, RunQueue } from '../ort/index.ts'
import type { DeviceInfo, DeviceName } from '../types.ts'

/** What `shoal doctor` shows of a device. */
export interface DetectedDevice extends DeviceInfo {
  readonly available: boolean
  /** Why it is not available, and what to do about it. */
  readonly reason?: string
}

/** A device that graphs can run on. */
export interface Device {
  readonly info: DeviceInfo
  readonly provider: Provider
  /** `ort-1.30.0/cpu/avx512vnni` */
  readonly numericClass: string
  /** All runs on this device go through it. */
  readonly queue: RunQueue
  /** Whether float16 keys and values pay: half the memory, and attention no slower. */
  readonly half: boolean
  /** Whether a row of 4-bit products has other bits alone than beside another one. */
  readonly pairsRows: boolean
}

interface Candidate extends DetectedDevice {
  readonly provider: Provider
  readonly numericClass: string
  /** A GPU made of software serves tests: it is never picked by itself. */
  readonly software: boolean
}

/** Where an adapter's memory can't be found out, it is taken to have this much; `--memory` overrides it. */
const unknownMemoryBytes = 2 * 1024 ** 3

/** Every device of this machine, and those that it might have with what they lack. CPU first. */
export async function detectDevices (ort: OrtLibrary): Promise<DetectedDevice[]> {
  const candidates = [cpu(ort), await webgpu(ort), ...await cuda(ort)]
  return candidates.map(({ kind, label, memoryBytes, freeBytes, available, reason }) =>
    ({ kind, label, memoryBytes, freeBytes, available, ...(reason === undefined ? {} : { reason }) }))
}

/**
 * @throws {EngineError} saying why, where the named device is not available. `auto` always finds one.
 */
export async function openDevice (ort: OrtLibrary, name: DeviceName): Promise<Device> {
  const found = name === 'auto' ? await best(ort) : await named(ort, name)
  if (!found.available) throw new EngineError(`device ${name} is not available: ${found.reason ?? 'unknown reason'}`)
  const { kind, label, memoryBytes, freeBytes, provider, numericClass } = found
  const queue = runQueue()
  // Processors attend over float16 as well, but widen it first: at 1,500 positions of SmolLM2 a token took 13.0 ms for 11.9, at 6,000 37 for 30,
  // of eight sessions together 277 for 200 (1.30, AVX-512, one thread, 2026-11-26).
  const half = kind !== 'cpu' && await attends(ort, provider, queue, 'f16')
  return { info: { kind, label, memoryBytes, freeBytes }, provider, numericClass, queue, half, pairsRows: kind === 'cpu' && await differsAlone(ort, provider, queue) }
}

async function best (ort: OrtLibrary): Promise<Candidate> {
  const gpu = (await cuda(ort)).find(({ available }) => available)
  if (gpu !== undefined) return gpu
  const adapter = await webgpu(ort)
  return adapter.available && !adapter.software ? adapter : cpu(ort)
}

async function named (ort: OrtLibrary, name: Exclude<DeviceName, 'auto'>): Promise<Candidate> {
  if (name === 'cpu') return cpu(ort)
  if (name === 'webgpu') return webgpu(ort)
  const gpus = await cuda(ort)
  const index = name === 'cuda' ? undefined : Number(name.slice('cuda:'.length))
  const gpu = gpus.find(({ provider }) => index === undefined || (provider.kind === 'cuda' && provider.deviceId === index))
  if (gpu !== undefined) return gpu
  const indices = gpus.flatMap(({ provider }) => provider.kind === 'cuda' ? [`cuda:${provider.deviceId}`] : [])
  throw new EngineError(`device ${name} is not available: this machine has ${indices.join(', ') || 'no NVIDIA GPU'}`)
}

function cpu (ort: OrtLibrary): Candidate {
  return { ...cpuInfo(), available: true, provider: { kind: 'cpu' }, numericClass: `ort-${ort.version}/cpu/${instructionSet()}`, software: false }
}

async function webgpu (ort: OrtLibrary): Promise<Candidate> {
  const provider: Provider = { kind: 'webgpu' }
  try {
    const adapter = graphicsAdapter()
    await ort.probe(provider)
    return {
      kind: 'webgpu',
      label: adapter?.label ?? `${process.platform === 'darwin' ? 'Metal' : 'Direct3D'} adapter`,
      ...adapterMemory(adapter),
      available: true,
      provider,
      numericClass: `ort-${ort.version}/webgpu/${adapter === undefined ? `${process.platform}-${slug(cpuInfo().label)}` : `${slug(adapter.label)}-${adapter.driverVersion}`}`,
      software: adapter?.kind === 'software'
    }
  } catch (error) {
    const reason = error instanceof Error ? plain(error.message) : String(error)
    return { kind: 'webgpu', label: 'WebGPU', memoryBytes: 0, freeBytes: 0, available: false, reason, provider, numericClass: '', software: false }
  }
}

/**
 * The adapter that WebGPU will run on, as far as Vulkan knows it.
 * @throws {EngineError} where WebGPU needs Vulkan and there is none: asked first, since WebGPU itself complains on stderr.
 */
function graphicsAdapter (): VulkanAdapter | undefined {
  if (process.platform === 'darwin') return undefined
  try {
    return vulkanAdapters()[0]
  } catch (error) {
    // Windows runs WebGPU on Direct3D, with Vulkan or without.
    if (process.platform === 'win32') return undefined
    throw error
  }
}

function adapterMemory (adapter: VulkanAdapter | undefined): { memoryBytes: number, freeBytes: number } {
  const host = cpuInfo()
  if (adapter === undefined && process.platform === 'darwin') return { memoryBytes: totalmem(), freeBytes: host.freeBytes }
  const memoryBytes = adapter?.memoryBytes ?? unknownMemoryBytes
  // What a discrete adapter has free is not told; all others share the host's memory.
  return { memoryBytes, freeBytes: adapter?.kind === 'discrete' ? memoryBytes : Math.min(memoryBytes, host.freeBytes) }
}

async function cuda (ort: OrtLibrary): Promise<Candidate[]> {
  const missing = cudaProviderMissing(ort.path)
  const gpus = await cudaGpus()
  if (gpus.length === 0) {
    const reason = 'nvidia-smi lists no GPU (is the NVIDIA driver installed?)'
    return [unavailableCuda(missing === undefined ? reason : `${reason}, and ${missing}`)]
  }
  return Promise.all(gpus.map((gpu) => cudaGpu(ort, gpu, missing)))
}

async function cudaGpu (ort: OrtLibrary, gpu: CudaGpu, missing: string | undefined): Promise<Candidate> {
  const { label, memoryBytes, freeBytes } = gpu
  const provider: Provider = { kind: 'cuda', deviceId: gpu.index }
  const common = { kind: 'cuda', label, memoryBytes, freeBytes, provider, software: false } as const
  try {
    if (missing !== undefined) throw new EngineError(missing)
    await ort.probe(provider)
    return { ...common, available: true, numericClass: `ort-${ort.version}/cuda/sm${gpu.computeCapability}` }
  } catch (error) {
    return { ...common, available: false, reason: error instanceof Error ? plain(error.message) : String(error), numericClass: '' }
  }
}

function unavailableCuda (reason: string): Candidate {
  return {
    kind: 'cuda', label: 'NVIDIA GPU', memoryBytes: 0, freeBytes: 0, available: false, reason, provider: { kind: 'cuda', deviceId: 0 },
    numericClass: '', software: false
  }
}

/** ONNX Runtime's messages begin with the line of source that failed; what went wrong comes after it. */
function plain (message: string): string {
  return message.replace(/\/onnxruntime_src\/.* was false\.\s*/s, '').replace(/\s+/g, ' ').trim()
}
