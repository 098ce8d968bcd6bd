import { createHash } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  encodeManifest, encodeTokenizerData, makePart, modelIdOf, parseManifest, PIECE_BYTES, planImport,
  type Manifest, type Part, type PartPlan, type Quantization
} from '../model/index.ts'
import { writeFileAtomic } from './atomic-file.ts'
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
    const journal = await openJournal(store.blobs, source, quantization)
    const total = [plan.embedding, ...plan.layers, plan.head].reduce((sum, { size }) => sum + size, 0)
    let done = 0
    const part = async (partPlan: PartPlan): Promise<Part> => {
      const made = await journal.part(partPlan.label, async () => await writePart(partPlan, source, store.blobs, request, (bytes) => { request.onProgress?.(done + bytes, total) }))
      done += partPlan.size
      request.onProgress?.(done, total)
      return { ...made, pieceSize: PIECE_BYTES, tensors: partPlan.tensors.map(({ entry }) => entry) }
    }
    const embedding = await part(plan.embedding)
    const layers: Part[] = []
    for (const layer of plan.layers) {
      layers.push(await part(layer))
    }
    const head = await part(plan.head)
    const tokenizer = await writeTokenizer(source, store.blobs)
    const encoded = encodeManifest({ layout: 1, quantization, config: source.config, tokenizer, embedding, layers, head })
    // What others will refuse must not be made here.
    const manifest = parseManifest(encoded)
    const modelId = modelIdOf(encoded)
    await writeFileAtomic(store.blobs.path(modelId), encoded, 0o444)
    await store.add(name, modelId)
    await journal.remove()
    return { modelId, manifest, remarks: plan.remarks }
  } finally {
    await source.close()
  }
}

type Made = Pick<Part, 'cid' | 'size' | 'pieces'>

async function writePart (plan: PartPlan, source: OpenedSource, blobs: BlobStore, { signal }: AbortOptions, onBytes: (bytes: number) => void): Promise<Made> {
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

async function writeTokenizer (source: OpenedSource, blobs: BlobStore): Promise<Part> {
  const bytes = encodeTokenizerData(source.tokenizer)
  const writer = await blobs.writer()
  await writer.write(0, bytes)
  return { ...await writer.finish(bytes.byteLength), pieceSize: PIECE_BYTES, tensors: [] }
}

const journalSchema = z.record(z.string(), z.object({ cid: z.string(), size: z.int(), pieces: z.string() }))

interface Journal {
  /** What an earlier import of the same source made of the part, if it is still there; else `make`s it and takes note. */
  part (label: string, make: () => Promise<Made>): Promise<Made>
  remove (): Promise<void>
}

async function openJournal (blobs: BlobStore, { fingerprint }: OpenedSource, quantization: Quantization): Promise<Journal> {
  const folder = join(blobs.folder, '..', 'imports')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${createHash('sha256').update(`${quantization}\n${fingerprint}`).digest('hex').slice(0, 32)}.json`)
  let finished: Record<string, Made> = {}
  try {
    finished = journalSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    // no journal, or a damaged one: everything is made anew
  }
  return {
    part: async (label, make) => {
      const known = finished[label]
      if (known != null && await blobs.has(known.cid) && await blobs.has(known.pieces)) {
        return known
      }
      const made = await make()
      finished = { ...finished, [label]: made }
      await writeFileAtomic(path, JSON.stringify(finished))
      return made
    },
    remove: async () => { await rm(path, { force: true }) }
  }
}
