import { architectureOf } from '../architectures/architectures.ts'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import { asFloat32 } from '../quant/float.ts'
import { checkedConfig, uniqueIds } from './config-schema.ts'
import type { DescribedModel } from './hf-config.ts'
import type { GgufFile } from '../formats/gguf.ts'
import type { RopeConfig } from '../types.ts'

const ROPE_FACTORS = 'rope_freqs.weight'

/** @throws {FormatError} @throws {UnsupportedModelError} */
export async function configFromGguf (file: GgufFile): Promise<DescribedModel> {
  const name = file.metadata.get('general.architecture')
  if (typeof name !== 'string') {
    throw new FormatError('the GGUF file does not say which architecture it is (general.architecture)')
  }
  const architecture = architectureOf('gguf', name)
  const number = (key: string): number | undefined => {
    const value = file.metadata.get(key.startsWith('tokenizer.') ? key : `${name}.${key}`)
    if (value == null) {
      return undefined
    }
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      throw new FormatError(`${key} in the GGUF metadata is not a number`)
    }
    return Number(value)
  }
  const need = (key: string): number => {
    const value = number(key)
    if (value == null) {
      throw new FormatError(`the GGUF metadata lacks ${name}.${key}`)
    }
    return value
  }
  const layerCount = need('block_count')
  const headCount = need('attention.head_count')
  const hiddenSize = need('embedding_length')
  const headDim = number('attention.key_length') ?? hiddenSize / headCount
  const tokens = file.metadata.get('tokenizer.ggml.tokens')
  return {
    architecture,
    biases: architecture.biases,
    config: checkedConfig({
      architecture: architecture.name,
      hiddenSize,
      intermediateSize: need('feed_forward_length'),
      layerCount,
      headCount,
      kvHeadCount: number('attention.head_count_kv') ?? headCount,
      headDim,
      vocabSize: number('vocab_size') ?? (Array.isArray(tokens) ? tokens.length : file.info(architecture.ggufNames.model.embedding)?.shape[0]),
      contextLength: need('context_length'),
      normEpsilon: need('attention.layer_norm_rms_epsilon'),
      rope: await ropeOf(file, name, number, headDim),
      slidingWindow: new Array<number>(Math.max(0, Math.min(layerCount, 1024))).fill(number('attention.sliding_window') ?? 0),
      tiedEmbedding: file.info(architecture.ggufNames.model.head) == null,
      eosTokenIds: uniqueIds(number('tokenizer.ggml.eos_token_id'), number('tokenizer.ggml.eot_token_id'))
    }, 'the GGUF metadata')
  }
}

async function ropeOf (file: GgufFile, name: string, number: (key: string) => number | undefined, headDim: number): Promise<RopeConfig> {
  const theta = number('rope.freq_base') ?? 10_000
  const dimensions = number('rope.dimension_count') ?? headDim
  const factors = file.info(ROPE_FACTORS)
  if (factors != null) {
    if (factors.type !== 'F32' || factors.shape.length !== 1 || factors.shape[0] !== dimensions / 2) {
      throw new FormatError(`${ROPE_FACTORS} in the GGUF file is not ${dimensions / 2} float32 values`)
    }
    return { theta, dimensions, scaling: { type: 'factors', factors: [...asFloat32(await file.rows(ROPE_FACTORS, 0, 1))] } }
  }
  // without a type, a factor means linear scaling; older files call it scale_linear
  const factor = number('rope.scaling.factor') ?? number('rope.scale_linear') ?? 0
  const type = file.metadata.get(`${name}.rope.scaling.type`) ?? 'linear'
  if (type === 'none' || (type === 'linear' && (factor === 0 || factor === 1))) {
    return { theta, dimensions, scaling: { type: 'none' } }
  }
  if (type === 'linear') {
    return { theta, dimensions, scaling: { type: 'linear', factor } }
  }
  throw new UnsupportedModelError(`rope scaling ${JSON.stringify(type)} is not supported yet; supported are none and linear`)
}
