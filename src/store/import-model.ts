import {
  encodeManifest, encodeTokenizerData, modelIdOf, parseManifest, PIECE_BYTES, spanParts,
  type ImportPlan, type Manifest, type Part, type PartPlan, type Quantization, type Span
} from '../model/index.ts'
import { orStillToCome, writeFileAtomic } from './atomic-file.ts'
import { planOf, writePart } from './blob-maker.ts'
import { StoreWriteError } from './errors.ts'
import { importJournal, type FinishedPart } from './import-journal.ts'
import { openSource, type OpenedSource } from './open-source.ts'
import type { BlobStore, ModelStore } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface ImportRequest extends AbortOptions {
  /** A Hugging Face folder or a `.gguf` file, or a source that is open; it is closed. */
  readonly source: string | OpenedSource
  /** @default 'keep' */
  readonly quantization?: Quantization
  /** What the model is called on this machine from then on. */
  readonly name: string
  readonly store: ModelStore
  /** Of which layers the weights are kept; all are read and hashed. `nothing`: manifest, tokenizer and lists of pieces alone. @default 'everything' */
  readonly keep?: 'everything' | 'nothing' | Span
  /** Bytes of blobs made, of all. */
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
 * @throws {ImportSourceError} @throws {FormatError} @throws {UnsupportedModelError} @throws {StoreWriteError} @throws {HubError}
 */
export async function importModel (request: ImportRequest): Promise<Imported> {
  const { quantization = 'keep', name, store, keep = 'everything' } = request
  const source = typeof request.source === 'string' ? await openSource(request.source) : request.source
  try {
    const plan = planOf(source, quantization)
    const parts = [plan.embedding, ...plan.layers, plan.head]
    const kept = keptParts(plan, source, keep)
    const total = parts.reduce((sum, { size }) => sum + size, 0)
    const journal = await importJournal(store.blobs, JSON.stringify([source.fingerprint, source.config, quantization, parts.map(({ tensors }) => tensors.map(({ entry }) => entry))]))
    let done = 0
    const part = async (partPlan: PartPlan): Promise<Part> => {
      const onBytes = (bytes: number): void => { request.onProgress?.(done + bytes, total) }
      const isKept = kept.has(partPlan)
      const made = await journal.part(partPlan.label, isKept, async () =>
        await writePart(partPlan, source, isKept ? await store.blobs.writer() : store.blobs.hasher(), request, onBytes))
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
    if (keep === 'everything' && !(await store.get(name)).complete) {
      throw new StoreWriteError(`parts of ${name} were removed while it was imported; import it again`)
    }
    await journal.remove()
    return { modelId, manifest, remarks: plan.remarks }
  } finally {
    await source.close()
  }
}

function keptParts (plan: ImportPlan, { config }: OpenedSource, keep: NonNullable<ImportRequest['keep']>): Set<PartPlan> {
  if (keep === 'nothing') return new Set()
  return new Set(spanParts({ config, ...plan }, keep === 'everything' ? { start: 0, end: config.layerCount } : keep))
}

async function writeTokenizer (source: OpenedSource, blobs: BlobStore): Promise<FinishedPart> {
  const bytes = encodeTokenizerData(source.tokenizer)
  const writer = await blobs.writer()
  await writer.write(0, bytes)
  return await writer.finish(bytes.byteLength)
}
