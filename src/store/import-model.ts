import {
  encodeManifest, encodeTokenizerData, makePart, modelIdOf, parseManifest, PIECE_BYTES, planImport,
  type Manifest, type Part, type PartPlan, type Quantization
} from '../model/index.ts'
import { orStillToCome, writeFileAtomic } from './atomic-file.ts'
import { StoreWriteError } from './errors.ts'
import { importJournal, type FinishedPart } from './import-journal.ts'
import { openSource, type OpenedSource } from './source-folder.ts'
import type { BlobStore, ModelStore } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface ImportRequest extends AbortOptions {
  /** A Hugging Face folder or a `.gguf` file. */
  readonly path: string
  /** @default 'keep' */
  readonly quantization?: Quantization
  /** What the model is called on this machine from then on. */
  readonly name: string
  readonly store: ModelStore
  /** Bytes written, of all. */
  onProgress? (done: number, total: number): void
}

export interface Imported {
  readonly modelId: string
  readonly manifest: Manifest
  /** Which tensors are stored otherwise than in the source, for the user. */
  readonly remarks: readonly string[]
}

/**
 * Brings a model into the store: one blob a part, the manifest last, so that an interrupted import leaves no model behind;
 * the next import of the same source goes on with the parts that were finished.
 * @throws {ImportSourceError} @throws {FormatError} @throws {UnsupportedModelError} @throws {StoreWriteError}
 */
export async function importModel (request: ImportRequest): Promise<Imported> {
  const { path, quantization = 'keep', name, store } = request
  const source = await openSource(path)
  try {
    const plan = planImport({
      config: source.config,
      architecture: source.architecture,
      names: source.format === 'gguf' ? source.architecture.ggufNames : source.architecture.safetensorsNames,
      biases: source.biases,
      otherBiases: source.format === 'gguf',
      permutedHeads: source.format === 'gguf' && source.architecture.ggufPermutesHeads,
      source: source.tensors,
      quantization
    })
    const parts = [plan.embedding, ...plan.layers, plan.head]
    const total = parts.reduce((sum, { size }) => sum + size, 0)
    const journal = await importJournal(store.blobs, JSON.stringify([source.fingerprint, source.config, quantization, parts.map(({ tensors }) => tensors.map(({ entry }) => entry))]))
    let done = 0
    const part = async (partPlan: PartPlan): Promise<Part> => {
      const onBytes = (bytes: number): void => { request.onProgress?.(done + bytes, total) }
      const made = await journal.part(partPlan.label, async () => await writePart(partPlan, source, store.blobs, request, onBytes))
      done += partPlan.size
      onBytes(0)
      return { ...made, pieceSize: PIECE_BYTES, tensors: partPlan.tensors.map(({ entry }) => entry) }
    }
    const written = async (partPlan: PartPlan): Promise<Part> => await orStillToCome(async () => await part(partPlan), () => total - done)
    const embedding = await written(plan.embedding)
    const layers: Part[] = []
    for (const layer of plan.layers) {
      layers.push(await written(layer))
    }
    const head = await written(plan.head)
    const tokenizer: Part = { ...await writeTokenizer(source, store.blobs), pieceSize: PIECE_BYTES, tensors: [] }
    const encoded = encodeManifest({ layout: 1, quantization, config: source.config, tokenizer, embedding, layers, head })
    // What others will refuse must not be made here.
    const manifest = parseManifest(encoded)
    const modelId = modelIdOf(encoded)
    await writeFileAtomic(store.blobs.path(modelId), encoded, 0o444)
    await store.add(name, modelId)
    if (!(await store.get(name)).complete) {
      throw new StoreWriteError(`parts of ${name} were removed while it was imported; import it again`)
    }
    await journal.remove()
    return { modelId, manifest, remarks: plan.remarks }
  } finally {
    await source.close()
  }
}

async function writePart (
  plan: PartPlan, source: OpenedSource, blobs: BlobStore, { signal }: AbortOptions, onBytes: (bytes: number) => void
): Promise<FinishedPart> {
  const writer = await blobs.writer()
  try {
    for await (const { offset, bytes } of makePart(plan, source.tensors)) {
      signal?.throwIfAborted()
      await writer.write(offset, bytes)
      onBytes(writer.size)
    }
    return await writer.finish(plan.size)
  } catch (error) {
    await writer.abort()
    throw error
  }
}

async function writeTokenizer (source: OpenedSource, blobs: BlobStore): Promise<FinishedPart> {
  const bytes = encodeTokenizerData(source.tokenizer)
  const writer = await blobs.writer()
  await writer.write(0, bytes)
  return await writer.finish(bytes.byteLength)
}
