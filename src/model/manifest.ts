import * as dagJson from '@ipld/dag-json'
import { equals } from 'uint8arrays/equals'
import { z } from 'zod'
import { architectureOf } from './architectures/architectures.ts'
import { isBlobCid, PIECE_BYTES, pieceListCidOf } from './cid.ts'
import { configSchema } from './config/config-schema.ts'
import { FormatError } from './errors.ts'
import { MAX_TOKENIZER_BYTES } from './tokenizer/tokenizer-data.ts'
import type { BlobRange, Manifest, ModelConfig, Part, Span, TensorEntry } from './types.ts'

/** Of what a manifest says, and of blobs: whoever reads another one can't use the model. */
export const LAYOUT = 2
/** No real manifest comes near: a thousand layers have about 4 MB. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024
const ALIGNMENT = 4096

/** Canonical dag-json: the same manifest gives the same bytes everywhere. */
export const encodeManifest = (manifest: Manifest): Uint8Array => dagJson.encode(manifest)

const bytes = z.int().min(0)
const range = z.strictObject({ offset: bytes.refine((offset) => offset % ALIGNMENT === 0, `is not a multiple of ${ALIGNMENT}`), length: bytes })
const size = z.int().min(1).max(2 ** 31)
const tensor: z.ZodType<TensorEntry> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dense'), name: z.string().max(64), dtype: z.enum(['f32', 'f16']), shape: z.array(size).min(1).max(2), data: range }),
  z.strictObject({
    kind: z.literal('blocks'),
    name: z.string().max(64),
    bits: z.union([z.literal(4), z.literal(8)]),
    block: z.union([z.literal(16), z.literal(32), z.literal(64)]),
    shape: z.tuple([size, size]),
    data: range,
    scales: range,
    minimums: range.exactOptional()
  })
])
const part: z.ZodType<Part> = z.strictObject({
  cid: z.string().max(128).refine(isBlobCid, 'is not the CID of a blob'),
  size: bytes,
  pieceSize: z.literal(PIECE_BYTES),
  pieces: z.string().max(128),
  tensors: z.array(tensor).max(4096)
}).refine(({ cid, pieces }) => !isBlobCid(cid) || pieceListCidOf(cid) === pieces, { path: ['pieces'], message: 'is not the list of pieces that the blob is named by' })
const schema: z.ZodType<Manifest> = z.strictObject({
  layout: z.literal(LAYOUT, `is not ${LAYOUT}, as another version of Shoal made this model`),
  quantization: z.enum(['keep', 'int4', 'int8', 'f16', 'f32']),
  config: configSchema,
  tokenizer: part,
  embedding: part,
  layers: z.array(part).min(1).max(1024),
  head: part
})

/**
 * A manifest from bytes that anybody may have sent: every size, offset and shape agrees with every other before it is used.
 * @throws {FormatError} naming what is wrong @throws {UnsupportedModelError} for an architecture that is not known here
 */
export function parseManifest (encoded: Uint8Array): Manifest {
  if (encoded.byteLength > MAX_MANIFEST_BYTES) {
    throw new FormatError(`the manifest has ${encoded.byteLength} bytes; at most ${MAX_MANIFEST_BYTES} are allowed`)
  }
  let value: unknown
  try {
    value = dagJson.decode(encoded)
  } catch (error) {
    throw new FormatError('the manifest is not dag-json', { cause: error })
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new FormatError(`the manifest is wrong: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
  }
  const manifest = parsed.data
  if (manifest.layers.length !== manifest.config.layerCount) {
    throw new FormatError(`the manifest has ${manifest.layers.length} layers, its configuration ${manifest.config.layerCount}`)
  }
  checkTensors(manifest)
  // one model, one id: other bytes that mean the same would be another id
  if (!equals(encoded, encodeManifest(manifest))) {
    throw new FormatError('the manifest is not in the canonical form of dag-json')
  }
  return manifest
}

/** Vectors are float32, whatever the matrices are. */
const isVector = ({ shape }: TensorEntry): boolean => shape.length === 1

/** Shapes that the tensors of each part must have. Names that are absent from a part's table are refused. */
function checkTensors ({ config, embedding, layers, head, tokenizer }: Manifest): void {
  const { headNorms, norms, sinks } = architectureOf('name', config.architecture)
  const { hiddenSize: h, intermediateSize: i, headDim, vocabSize: v } = config
  const q = config.headCount * headDim
  const kv = config.kvHeadCount * headDim
  const layerShapes: Shapes = {
    o: [h, q],
    ...(sinks ? { sinks: [config.headCount] } : {}),
    ...(norms === 'behind' ? {} : { attnNorm: [h], mlpNorm: [h] }),
    ...(norms === 'before' ? {} : { attnPostNorm: [h], mlpPostNorm: [h] }),
    ...(headNorms === 'none' ? {} : headNorms === 'each' ? { qNorm: [headDim], kNorm: [headDim] } : { qNorm: [q], kNorm: [kv] })
  }
  const biases: Shapes = { qkvBias: [q + 2 * kv], oBias: [h], gateUpBias: [2 * i], downBias: [h] }
  if (tokenizer.tensors.length > 0 || tokenizer.size > MAX_TOKENIZER_BYTES) {
    throw new FormatError(`the manifest's tokenizer has tensors or more than ${MAX_TOKENIZER_BYTES} bytes`)
  }
  checkPart('the embedding', embedding, { embedding: [v, h] })
  checkPart('the head', head, { norm: [h], ...(config.tiedEmbedding ? {} : { head: [v, h] }) })
  layers.forEach((layer, index) => {
    const has = (name: string): boolean => layer.tensors.some((entry) => entry.name === name)
    checkPart(`layer ${index}`, layer, {
      ...layerShapes,
      ...(has('qkv') ? { qkv: [q + 2 * kv, h] } : { q: [q, h], k: [kv, h], v: [kv, h] }),
      ...mlpShapes(config, index, has)
    }, biases)
  })
}

/** Of a layer's MLP, or of its experts'. */
function mlpShapes ({ hiddenSize: h, intermediateSize, experts }: ModelConfig, layer: number, has: (name: string) => boolean): Shapes {
  const mlp = (prefix: string, i: number): Shapes => ({
    ...(has(`${prefix}gateUp`) ? { [`${prefix}gateUp`]: [2 * i, h] } : { [`${prefix}gate`]: [i, h], [`${prefix}up`]: [i, h] }),
    [`${prefix}down`]: [h, i],
    ...(experts?.clamped == null ? {} : { [`${prefix}gateUpBias`]: [2 * i], [`${prefix}downBias`]: [h] })
  })
  if (experts == null || experts.denseLayers?.includes(layer) === true) {
    return mlp('', intermediateSize)
  }
  const { count, clamped, sharedIntermediateSize } = experts
  return Object.assign({ router: [count, h] }, clamped == null ? {} : { routerBias: [count] },
    ...Array.from({ length: count }, (_, expert) => mlp(`experts.${expert}.`, experts.intermediateSize)),
    sharedIntermediateSize == null ? {} : { sharedRouter: [1, h], ...mlp('shared.', sharedIntermediateSize) }) as Shapes // of parts that are all Shapes
}

type Shapes = Readonly<Record<string, readonly number[]>>

/** All of `required`, some of `optional`, and nothing else; one after another up to the part's end. */
function checkPart (label: string, { tensors, size }: Part, required: Shapes, optional: Shapes = {}): void {
  const names = new Set(tensors.map(({ name }) => name))
  const missing = Object.keys(required).find((name) => !names.has(name))
  if (missing != null || names.size !== tensors.length) {
    throw new FormatError(`the manifest's table of ${label} ${missing == null ? 'names a tensor twice' : `lacks ${missing}`}`)
  }
  const shapes = new Map([...Object.entries(required), ...Object.entries(optional)])
  let end = 0
  for (const entry of tensors) {
    const shape = shapes.get(entry.name)
    if (shape == null || shape.length !== entry.shape.length || shape.some((length, axis) => length !== entry.shape[axis])) {
      throw new FormatError(`the manifest says that ${entry.name} of ${label} is [${entry.shape.join(', ')}], which does not fit its configuration`)
    }
    if (entry.kind === 'blocks' ? entry.shape[1] % entry.block !== 0 : isVector(entry) && entry.dtype !== 'f32') {
      throw new FormatError(`the manifest says that ${entry.name} of ${label} is stored in a way that does not fit its shape`)
    }
    for (const [{ offset, length }, expected] of rangesOf(entry)) {
      if (length !== expected || offset < end || offset + length > size) {
        throw new FormatError(`the manifest puts ${entry.name} of ${label} at ${offset} with ${length} bytes, which can't be`)
      }
      end = offset + length
    }
  }
  if (end !== size) {
    throw new FormatError(`the manifest says that ${label} has ${size} bytes, but its tensors end at ${end}`)
  }
}

/** A tensor's ranges in order of offset, each with the length that its shape asks for. */
function rangesOf (entry: TensorEntry): Array<[BlobRange, number]> {
  const elements = entry.shape.reduce((product, length) => product * length, 1)
  if (entry.kind === 'dense') {
    return [[entry.data, elements * (entry.dtype === 'f32' ? 4 : 2)]]
  }
  const runs = elements / entry.block
  const always: Array<[BlobRange, number]> = [[entry.data, elements * entry.bits / 8], [entry.scales, runs * 4]]
  return entry.minimums == null ? always : [...always, [entry.minimums, runs * 4]]
}

/** The parts that a node needs for a span: its layers, the embedding where it begins the model, the head where it ends it. */
export function spanParts<P> ({ config, embedding, layers, head }: { readonly config: Manifest['config'], readonly embedding: P, readonly layers: readonly P[], readonly head: P }, { start, end }: Span): P[] {
  const isTail = end === config.layerCount
  return [
    ...(start === 0 || (isTail && config.tiedEmbedding) ? [embedding] : []),
    ...layers.slice(start, end),
    ...(isTail ? [head] : [])
  ]
}
