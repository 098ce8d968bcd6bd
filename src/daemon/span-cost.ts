/** What parts of a model take in memory. Pure. */
import { kvValueBytes } from '../engine/index.ts'
import type { Compute, KvType, Manifest, Part, Span } from '../model/index.ts'

/** `exact` unpacks every weight to float32; `fast` keeps what the blob holds. */
function weightBytes (part: Part, compute: Compute): number {
  if (compute === 'fast') return part.size
  return part.tensors.reduce((sum, { shape }) => sum + 4 * shape.reduce((product, length) => product * length, 1), 0)
}

/** KV of one session at its longest, one layer. */
function kvBytesPerLayer ({ config }: Manifest, kvType: KvType, contextLength: number): number {
  return 2 * config.kvHeadCount * config.headDim * kvValueBytes(kvType) * contextLength
}

/** What sizes depend on beside the model. */
export interface CostInit {
  readonly compute: Compute
  readonly kvType: KvType
  readonly contextLength: number
}

export interface SpanCosts {
  readonly layerBytes: readonly number[]
  readonly embeddingBytes: number
  readonly headBytes: number
}

/** Weights of every part, and room for one session in each layer. */
export function spanCosts (manifest: Manifest, { compute, kvType, contextLength }: CostInit): SpanCosts {
  const { config, embedding, head, layers } = manifest
  const kv = kvBytesPerLayer(manifest, kvType, contextLength)
  return {
    layerBytes: layers.map((layer) => weightBytes(layer, compute) + kv),
    embeddingBytes: weightBytes(embedding, compute),
    headBytes: weightBytes(head, compute) + (config.tiedEmbedding ? weightBytes(embedding, compute) : 0)
  }
}

/** Weights alone of one span. */
export function spanWeightBytes (manifest: Manifest, compute: Compute, { start, end }: Span): number {
  const { config, embedding, head, layers } = manifest
  const isTail = end === config.layerCount
  return layers.slice(start, end).reduce((sum, layer) => sum + weightBytes(layer, compute), 0) +
    (start === 0 || (isTail && config.tiedEmbedding) ? weightBytes(embedding, compute) : 0) +
    (isTail ? weightBytes(head, compute) : 0)
}
