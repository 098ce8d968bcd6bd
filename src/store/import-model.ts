import {
  encodeManifest, LAYOUT, modelIdOf, parseManifest, PIECE_BYTES, spanParts,
  type ImportPlan, type Manifest, type Part, type PartPlan, type Quantization, type Span
} from '../model/index.ts'
import { orStillToCome, writeFileAtomic } from './atomic-file.ts'
import { planOf, writePart, writeTokenizer } from './blob-maker.ts'
import { StoreWriteError } from './errors.ts'
import { importJournal, type ImportJournal } from './import-journal.ts'
import { openSource, type OpenedSource } from './open-source.ts'
import type { DiskBudget, Reserved } from './disk-budget.ts'
import type { ModelStore } from './types.ts'
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
  /** Makes room for what is kept, before anything is read. @default what the disk has */
  readonly disk?: Pick<DiskBudget, 'reserve'>
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
  let room: Reserved | undefined
  try {
    const plan = planOf(source, quantization)
    const parts = [plan.embedding, ...plan.layers, plan.head]
    const kept = keptParts(plan, source, keep)
    const total = parts.reduce((sum, { size }) => sum + size, 0)
    const journal = await importJournal(store.blobs, JSON.stringify([source.fingerprint, source.config, quantization, parts.map(({ tensors }) => tensors.map(({ entry }) => entry))]))
    const coming = await stillToCome(request, parts.map((one) => ({ one, isKept: kept.has(one) })), journal)
    room = await request.disk?.reserve(coming.bytes, { beside: coming.here, ...(request.signal == null ? {} : { signal: request.signal }) })
    let done = 0
    const part = async (partPlan: PartPlan): Promise<Part> => {
      const onBytes = (bytes: number): void => { request.onProgress?.(done + bytes, total) }
      const isKept = kept.has(partPlan)
      const made = await journal.part(partPlan.label, isKept, async () =>
        await writePart(partPlan, source, isKept ? await store.blobs.writer() : store.blobs.hasher(), request, onBytes))
      done += partPlan.size
      if (coming.parts.has(partPlan)) room?.written(partPlan.size)
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
    const encoded = encodeManifest({ layout: LAYOUT, quantization, config: source.config, tokenizer, embedding, layers, head })
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
    room?.release()
    await source.close()
  }
}

interface Coming {
  readonly parts: ReadonlySet<PartPlan>
  readonly bytes: number
  /** CIDs of blobs that are here already. */
  readonly here: readonly string[]
}

/**
 * Of the parts that are kept, those that take room: not what an earlier try has finished, nor, as far as sizes tell before anything is
 * read, what the model that has this name already has of it.
 */
async function stillToCome ({ store, name }: ImportRequest, parts: ReadonlyArray<{ readonly one: PartPlan, readonly isKept: boolean }>, journal: ImportJournal): Promise<Coming> {
  const before = (await store.list(() => { /* of a damaged one nothing is known */ })).find((model) => model.name === name)?.manifest
  const known = before === undefined ? [] : [before.embedding, ...before.layers, before.head]
  const coming = new Set<PartPlan>()
  const here: string[] = []
  for (const [index, { one, isKept }] of parts.entries()) {
    if (!isKept) continue
    const old = known[index]
    const blob = (await journal.finished(one.label, true))?.cid ?? (known.length === parts.length && old?.size === one.size && await store.blobs.has(old.cid) ? old.cid : undefined)
    if (blob === undefined) coming.add(one)
    else here.push(blob)
  }
  return { parts: coming, bytes: [...coming].reduce((sum, { size }) => sum + size, 0), here }
}

function keptParts (plan: ImportPlan, { config }: OpenedSource, keep: NonNullable<ImportRequest['keep']>): Set<PartPlan> {
  if (keep === 'nothing') return new Set()
  return new Set(spanParts({ config, ...plan }, keep === 'everything' ? { start: 0, end: config.layerCount } : keep))
}
