import { encodeTokenizerData, makePart, planImport, type ImportPlan, type Manifest, type PartPlan, type Quantization, type TensorSource } from '../model/index.ts'
import { raceSignal } from 'race-signal'
import { CorruptBlobError } from './errors.ts'
import { readAhead } from './read-ahead.ts'
import type { FinishedPart } from './import-journal.ts'
import type { OpenedSource } from './open-source.ts'
import type { BlobMaker } from './peers/index.ts'
import type { BlobStore, BlobWriter } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

/**
 * Makes single blobs of a model whose manifest is known, from where that model came: only their bytes of the source are read.
 * @throws {CorruptBlobError} from `make`, where the source gives something else than the manifest says
 */
export function blobMaker (source: OpenedSource, { quantization, tokenizer, embedding, layers, head }: Manifest, blobs: BlobStore): BlobMaker {
  const plan = planOf(source, quantization)
  const plans = new Map([[embedding.cid, plan.embedding], [head.cid, plan.head], ...layers.map(({ cid }, index) => [cid, plan.layers[index]] as const)])
  return {
    async make ({ cid }, { signal, onBytes }) {
      const partPlan = plans.get(cid)
      if (partPlan === undefined && cid !== tokenizer.cid) throw new RangeError(`${cid} is no part of this model`)
      try {
        if (partPlan === undefined) await writeTokenizer(source, blobs, cid)
        else await writePart(partPlan, source, await blobs.writer(), signal == null ? {} : { signal }, (bytes) => { onBytes?.(bytes) }, cid)
      } catch (error) {
        if (!(error instanceof CorruptBlobError)) throw error
        throw new CorruptBlobError(`${partPlan?.label ?? 'tokenizer'} made from its source is not what the manifest says: the source is another one, or whoever made this manifest is wrong`, { cause: error })
      }
    }
  }
}

/** How the parts of a model are laid out and made. @throws {FormatError} @throws {UnsupportedModelError} */
export function planOf (source: OpenedSource, quantization: Quantization): ImportPlan {
  return planImport({
    config: source.config,
    architecture: source.architecture,
    names: source.format === 'gguf' ? source.architecture.ggufNames : source.architecture.safetensorsNames,
    biases: source.biases,
    otherBiases: source.format === 'gguf',
    permutedHeads: source.format === 'gguf' && source.architecture.ggufPermutesHeads,
    source: source.tensors,
    quantization
  })
}

/** Makes a part's bytes and hands them to a writer, which is ended either way. @throws {CorruptBlobError} they make another CID than was `expected` */
export async function writePart (
  plan: PartPlan, source: OpenedSource, writer: BlobWriter, { signal }: AbortOptions, onBytes: (bytes: number) => void, expected?: string
): Promise<FinishedPart> {
  try {
    for await (const { offset, bytes } of makePart(plan, readAhead(abortable(source.tensors, signal), plan), source.sideValues)) {
      signal?.throwIfAborted()
      await writer.write(offset, bytes)
      onBytes(writer.size)
    }
    return await writer.finish(plan.size, expected)
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** @throws {CorruptBlobError} it has another CID than was `expected` */
export async function writeTokenizer (source: Pick<OpenedSource, 'tokenizer'>, blobs: Pick<BlobStore, 'writer'>, expected?: string): Promise<FinishedPart> {
  const bytes = encodeTokenizerData(source.tokenizer)
  const writer = await blobs.writer()
  try {
    await writer.write(0, bytes)
    return await writer.finish(bytes.byteLength, expected)
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** A source far away may take its time: whoever stops does not wait for it. */
const abortable = (tensors: TensorSource, signal: AbortSignal | undefined): TensorSource => ({
  names: () => tensors.names(),
  info: (name) => tensors.info(name),
  rows: async (name, first, count) => await raceSignal(tensors.rows(name, first, count), signal)
})
