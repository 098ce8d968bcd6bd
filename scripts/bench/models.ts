/** The models that are measured. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readGguf } from '../../src/model/index.ts'
import { modelStore } from '../../src/store/index.ts'
import { shoal, temporaryFolder } from '../../test/support/shoal.ts'
import { smollm2Path } from '../../test/support/smollm2.ts'
import { writeGguf } from './gguf-writer.ts'
import { FIRST_WORD, randomLlama, shape246m } from './random-llama.ts'
import type { ModelName } from './options.ts'

export interface BenchModel {
  readonly name: ModelName
  readonly title: string
  readonly path: string
  readonly layerCount: number
  /** Data folder that has it, for nodes to take theirs from. */
  readonly folder: string
  readonly endOfText: number
  /** Tokens from here on are ordinary ones, up to `vocabSize`. */
  readonly firstWord: number
  readonly vocabSize: number
  /** What one token's products read: all but an embedding that is not the head too. */
  readonly weightBytes: { readonly file: number, readonly shoal: number }
}

const SEED = 246

/** Made once and kept in the temporary folder: 138 MB. */
async function randomModelPath (): Promise<string> {
  const folder = join(tmpdir(), 'shoal-bench')
  const path = join(folder, `random-llama-246m-seed${SEED}-v1.gguf`)
  if (!existsSync(path)) {
    await mkdir(folder, { recursive: true })
    const { metadata, tensors } = randomLlama(shape246m, SEED)
    await writeGguf(`${path}.${process.pid}`, metadata, tensors)
    await rename(`${path}.${process.pid}`, path)
  }
  return path
}

/** Undefined where the model's file is not on this machine. */
export async function benchModel (name: ModelName): Promise<BenchModel | undefined> {
  const known = {
    smollm2: { title: 'SmolLM2-135M', path: async () => await Promise.resolve(smollm2Path), endOfText: 2, firstWord: 1000 },
    'random-246m': { title: 'random-246m', path: randomModelPath, endOfText: FIRST_WORD - 1, firstWord: FIRST_WORD }
  }[name]
  const path = await known.path()
  if (!existsSync(path)) return undefined
  const folder = await temporaryFolder()
  const { code, stderr } = await shoal(['import', path, '--name', name], { home: folder, timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`importing ${path} failed: ${stderr}`)
  const { manifest: { config, embedding, layers, head } } = await (await modelStore(folder)).get(name)
  return {
    name,
    title: known.title,
    path,
    layerCount: config.layerCount,
    folder,
    endOfText: known.endOfText,
    firstWord: known.firstWord,
    vocabSize: config.vocabSize,
    weightBytes: {
      file: await fileWeightBytes(path, config.tiedEmbedding),
      shoal: layers.reduce((sum, { size }) => sum + size, head.size + (config.tiedEmbedding ? embedding.size : 0))
    }
  }
}

async function fileWeightBytes (path: string, isTied: boolean): Promise<number> {
  const bytes = await readFile(path)
  const file = await readGguf({ size: bytes.length, read: async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length)) })
  return [...file.names()].reduce((sum, name) => {
    const { shape = [], rowBytes = 0 } = file.info(name) ?? {}
    return name === 'token_embd.weight' && !isTied ? sum : sum + shape.slice(0, -1).reduce((product, size) => product * size, 1) * rowBytes
  }, 0)
}
