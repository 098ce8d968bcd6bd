/** From what a person calls a model to one on this machine's disk. */
import { stat } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import { createTokenizer, MAX_TOKENIZER_BYTES, parseTokenizerData, type Quantization, type Tokenizer } from '../model/index.ts'
import {
  CorruptBlobError, diskBudget, hubFiles, importModel, modelStore, openFiles, parseHubName, rememberSource, sourceName, UnknownModelError,
  type HubFiles, type HubName, type Imported, type ImportRequest, type ModelStore, type StoredModel
} from '../store/index.ts'
import { blobsInUse } from './blobs-in-use.ts'
import { diskLimit, type DaemonConfig } from './config.ts'
import { embeddedModelFolder } from './folders.ts'
import type { AbortOptions } from '@libp2p/interface'

/** The model that comes with the package. */
export const EMBEDDED_MODEL = 'atlas'

export interface ImportOptions extends AbortOptions {
  readonly name?: string
  readonly quantization?: Quantization
  readonly keep?: ImportRequest['keep']
  /** Of all blobs on the disk. @default what the disk has */
  readonly disk?: DaemonConfig['disk']
  onProgress? (done: number, total: number): void
}

const exists = async (path: string): Promise<boolean> => await stat(path).then(() => true, () => false)

/** `SmolLM2-135M-Instruct.Q4_1.gguf` → `smollm2-135m-instruct.q4_1`. */
export function nameFromPath (path: string): string {
  const base = basename(resolve(path))
  return (extname(base).toLowerCase() === '.gguf' ? base.slice(0, -5) : base).toLowerCase()
}

/** `org/SmolLM2-135M` → `smollm2-135m`; a file of a repository has its own name. */
export const nameFromHub = ({ repository, file }: HubName): string => nameFromPath(file ?? repository)

/** A name at the hub, where there is no such path here. */
export async function hubNameOf (text: string): Promise<HubName | undefined> {
  return await exists(text) ? undefined : parseHubName(text)
}

/** Brings a folder, a `.gguf` file or a model of the hub into the data folder's store. */
export async function importInto (folder: string, source: string, options: ImportOptions = {}): Promise<Imported & { readonly name: string }> {
  const store = await modelStore(folder)
  const hubName = await hubNameOf(source)
  if (hubName === undefined) return await importFrom(store, source, options)
  return await importFromHub(store, hubName, await hubFiles(hubName, options), options)
}

/** Room within the bound that was told; what the node of this folder computes with stays. */
async function budgetOf (store: ModelStore, { disk }: ImportOptions): Promise<Pick<ImportRequest, 'disk'>> {
  const folder = dirname(store.blobs.folder)
  const limitBytes = await diskLimit({ data: folder, disk })
  if (limitBytes === undefined) return {}
  const used = await blobsInUse(folder, await store.list(() => { /* nothing computes with a damaged one */ }))
  return { disk: diskBudget(store, { limitBytes, pinned: () => used }) }
}

const settings = ({ quantization, keep, signal, onProgress }: ImportOptions): Pick<ImportRequest, 'quantization' | 'keep' | 'signal' | 'onProgress'> => ({
  ...(quantization == null ? {} : { quantization }),
  ...(keep == null ? {} : { keep }),
  ...(signal == null ? {} : { signal }),
  ...(onProgress == null ? {} : { onProgress })
})

async function importFrom (store: ModelStore, path: string, options: ImportOptions): Promise<Imported & { readonly name: string }> {
  const { name = nameFromPath(path) } = options
  return { ...await importModel({ source: resolve(path), name, store, ...await budgetOf(store, options), ...settings(options) }), name }
}

/** And takes note which model this name at the hub means. @throws {ImportSourceError} @throws {HubError} */
export async function importFromHub (store: ModelStore, hubName: HubName, files: HubFiles, options: ImportOptions): Promise<Imported & { readonly name: string }> {
  const { name = nameFromHub(hubName), quantization = 'keep' } = options
  const imported = await importModel({ source: await openFiles(files), name, store, ...await budgetOf(store, options), ...settings(options) })
  await rememberSource(store, sourceName({ ...hubName, file: files.gguf }, files.commit, quantization), imported.modelId)
  return { ...imported, name }
}

/**
 * The model that `shoal serve MODEL` means, if it is on this machine: a name or id in the store; else a path, which is imported; the
 * embedded one where nothing is said.
 * @throws {UnknownModelError} @throws the errors of an import
 */
export async function resolveModel (store: ModelStore, model: string | undefined, options: ImportOptions = {}): Promise<StoredModel> {
  const asked = model ?? EMBEDDED_MODEL
  try {
    const found = await store.get(asked)
    if (found.complete || asked !== EMBEDDED_MODEL) return found
  } catch (error) {
    // the embedded one is always there to be made anew
    if (error instanceof CorruptBlobError && asked === EMBEDDED_MODEL) await store.remove(asked)
    else if (!(error instanceof UnknownModelError) || (asked !== EMBEDDED_MODEL && !await exists(asked))) throw error
  }
  const { name } = await importFrom(store, asked === EMBEDDED_MODEL ? embeddedModelFolder() : asked, asked === EMBEDDED_MODEL ? { ...options, name: asked } : options)
  return await store.get(name)
}

/** A stored model's tokenizer. */
export async function loadTokenizer (store: ModelStore, { manifest }: StoredModel): Promise<Tokenizer> {
  return createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, MAX_TOKENIZER_BYTES)))
}
