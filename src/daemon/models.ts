/** From what a person calls a model to one on this machine's disk. */
import { stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { createTokenizer, MAX_TOKENIZER_BYTES, parseTokenizerData, type Quantization, type Tokenizer } from '../model/index.ts'
import { importModel, modelStore, UnknownModelError, type Imported, type ModelStore, type StoredModel } from '../store/index.ts'
import { ConfigError } from './errors.ts'
import { embeddedModelFolder } from './folders.ts'
import type { AbortOptions } from '@libp2p/interface'

/** The model that comes with the package. */
export const EMBEDDED_MODEL = 'atlas'

export interface ImportOptions extends AbortOptions {
  readonly name?: string
  readonly quantization?: Quantization
  onProgress? (done: number, total: number): void
}

const exists = async (path: string): Promise<boolean> => await stat(path).then(() => true, () => false)

/** `SmolLM2-135M-Instruct.Q4_1.gguf` → `smollm2-135m-instruct.q4_1`. */
export function nameFromPath (path: string): string {
  const base = basename(resolve(path))
  return (extname(base).toLowerCase() === '.gguf' ? base.slice(0, -5) : base).toLowerCase()
}

/** `org/name`, with a revision or a file, that is no path here. */
const isHubName = (text: string): boolean => /^[\w.-]+\/[\w.-]+(@[\w./-]+)?(:[\w./-]+)?$/.test(text)

async function checkSource (source: string): Promise<void> {
  if (!await exists(source) && isHubName(source)) {
    throw new ConfigError(`not in this version yet: importing ${source} from the hub; download it and give the folder or the .gguf file`)
  }
}

/** Brings a folder or a `.gguf` file into the data folder's store. */
export async function importInto (folder: string, source: string, options: ImportOptions = {}): Promise<Imported & { readonly name: string }> {
  await checkSource(source)
  return await importFrom(await modelStore(folder), source, options)
}

async function importFrom (store: ModelStore, source: string, { name = nameFromPath(source), ...options }: ImportOptions): Promise<Imported & { readonly name: string }> {
  const { quantization, signal, onProgress } = options
  const imported = await importModel({
    path: resolve(source),
    name,
    store,
    ...(quantization == null ? {} : { quantization }),
    ...(signal == null ? {} : { signal }),
    ...(onProgress == null ? {} : { onProgress })
  })
  return { ...imported, name }
}

/**
 * The model that `shoal serve MODEL` means: a name or id in the store; else a path, which is imported; the embedded one
 * where nothing is said.
 * @throws {UnknownModelError} @throws {ConfigError} @throws the errors of an import
 */
export async function resolveModel (store: ModelStore, model: string | undefined, options: ImportOptions = {}): Promise<StoredModel> {
  const asked = model ?? EMBEDDED_MODEL
  try {
    const found = await store.get(asked)
    if (found.complete || asked !== EMBEDDED_MODEL) return found
  } catch (error) {
    if (!(error instanceof UnknownModelError)) throw error
    if (asked !== EMBEDDED_MODEL && !await exists(asked)) {
      await checkSource(asked)
      throw error
    }
  }
  const { name } = await importFrom(store, asked === EMBEDDED_MODEL ? embeddedModelFolder() : asked, asked === EMBEDDED_MODEL ? { ...options, name: asked } : options)
  return await store.get(name)
}

/** A stored model's tokenizer. */
export async function loadTokenizer (store: ModelStore, { manifest }: StoredModel): Promise<Tokenizer> {
  return createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, MAX_TOKENIZER_BYTES)))
}
