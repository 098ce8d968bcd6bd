import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export interface CudaGpu {
  readonly index: number
  readonly label: string
  /** `8.9` */
  readonly computeCapability: string
  readonly memoryBytes: number
  readonly freeBytes: number
}

const MiB = 1024 * 1024

/** Why ONNX Runtime can't use CUDA here, or undefined where its provider library lies beside the main one. */
export function cudaProviderMissing (ortPath: string): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'CUDA runs on Linux x64 only'
  const file = 'libonnxruntime_providers_cuda.so'
  if (existsSync(join(dirname(ortPath), file))) return undefined
  return `${file} is not installed: run \`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node\`, which downloads it`
}

/** NVIDIA's GPUs as the driver's own tool lists them; none where there is no driver. */
export async function cudaGpus (): Promise<CudaGpu[]> {
  try {
    const query = ['--query-gpu=index,name,compute_cap,memory.total,memory.free', '--format=csv,noheader,nounits']
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 5000, windowsHide: true })
    return parseGpus(stdout)
  } catch {
    // No tool, no driver, or one that hangs: nothing that could be used.
    return []
  }
}

/** One line a GPU: `0, NVIDIA GeForce RTX 4090, 8.9, 24564, 23012`, memory in MiB. */
export function parseGpus (csv: string): CudaGpu[] {
  return csv.split('\n').flatMap((line) => {
    const [index, label, computeCapability, total, free] = line.split(',').map((cell) => cell.trim())
    const gpu = { index: Number(index), memoryBytes: Number(total) * MiB, freeBytes: Number(free) * MiB }
    const whole = label !== undefined && computeCapability !== undefined && Object.values(gpu).every(Number.isFinite)
    return whole ? [{ ...gpu, label, computeCapability }] : []
  })
}
