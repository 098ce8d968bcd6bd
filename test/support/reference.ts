/** The tiny models' reference data, and the models themselves imported into a temporary store. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSafetensors, asFloat32, type Manifest, type Quantization } from '../../src/model/index.ts'
import { importModel, modelStore } from '../../src/store/index.ts'
import { temporaryFolder } from './shoal.ts'

export const fixtureFolder = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** Architectures that are supported, by the name of their tiny model. */
export const tinyModels = ['llama', 'llama-tied', 'llama3-rope', 'mistral-swa', 'qwen2', 'qwen3', 'qwen3-yarn', 'gemma2', 'gemma3', 'phi3', 'phi3-longrope', 'phi4-mini', 'granite', 'olmo2', 'smollm3', 'mixtral', 'qwen2-moe', 'qwen3-moe', 'gpt-oss'] as const

export interface TinyPrompt {
  readonly id: string
  readonly inputIds: readonly number[]
  readonly greedy: { readonly ids: readonly number[] }
  readonly logits: Float32Array
  /** `[layers + 2, tokens, H]` for the shorter prompts. */
  readonly hidden: Float32Array | undefined
}

interface ReferenceFile {
  prompts?: Array<{ id: string, inputIds: number[], greedy: { ids: number[] }, tensors: { logits: string, hidden?: string } }>
  models?: ReferenceFile[]
  type?: string
}

async function tensors (path: string): Promise<(name: string) => Promise<Float32Array>> {
  const bytes = new Uint8Array(readFileSync(path))
  const source = await readSafetensors({ size: bytes.length, read: async (offset, length) => await Promise.resolve(bytes.slice(offset, offset + length)) })
  return async (name) => {
    const shape = source.info(name)?.shape ?? []
    return asFloat32(await source.rows(name, 0, shape.slice(0, -1).reduce((product, size) => product * size, 1)))
  }
}

export async function tinyReference (folder: string, pick: (file: ReferenceFile) => ReferenceFile | undefined = (file) => file): Promise<TinyPrompt[]> {
  const file = pick(JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as ReferenceFile)
  const read = await tensors(`${folder}/reference.safetensors`)
  return await Promise.all((file?.prompts ?? []).map(async ({ tensors: named, ...prompt }) => ({
    ...prompt,
    logits: await read(named.logits),
    hidden: named.hidden == null ? undefined : await read(named.hidden)
  })))
}

/** Imports into an empty store; the manifest and the folder of its blobs. */
export async function imported (path: string, quantization: Quantization = 'keep'): Promise<{ manifest: Manifest, blobFolder: string, modelId: string }> {
  const store = await modelStore(await temporaryFolder())
  const { manifest, modelId } = await importModel({ source: path, quantization, name: 'tiny', store })
  return { manifest, modelId, blobFolder: store.blobs.folder }
}

/** Largest absolute difference. */
export function difference (a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? NaN))), a.length === b.length ? 0 : Infinity)
}

export function argmax (values: Float32Array): number {
  let best = 0
  values.forEach((value, index) => { if (value > (values[best] ?? NaN)) { best = index } })
  return best
}
