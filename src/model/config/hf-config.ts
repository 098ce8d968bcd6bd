import { z } from 'zod'
import { architectureOf } from '../architectures/architectures.ts'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import { configOfWords, tokenIds, type DescribedModel } from './config-words.ts'
import type { LayerRole } from '../architectures/architecture.ts'

const generationSchema = z.looseObject({ eos_token_id: tokenIds })

const attentionBiases: readonly LayerRole[] = ['qBias', 'kBias', 'vBias', 'oBias']
const mlpBiases: readonly LayerRole[] = ['gateBias', 'upBias', 'downBias']

/**
 * @param config value of config.json
 * @param generation value of generation_config.json, where there is one
 * @throws {FormatError} @throws {UnsupportedModelError}
 */
export function configFromHuggingFace (config: unknown, generation?: unknown): DescribedModel {
  const named = z.looseObject({ architectures: z.array(z.string()).min(1) }).safeParse(config)
  if (!named.success) {
    throw new FormatError('config.json does not say which architecture this is (architectures)')
  }
  const architecture = architectureOf('classes', named.data.architectures[0] ?? '')
  const ends = generationSchema.safeParse(generation ?? {})
  if (!ends.success) {
    throw new FormatError('generation_config.json is malformed: eos_token_id is neither a number nor a list of them')
  }
  const { config: described, words } = configOfWords(named.data, architecture, { where: 'config.json', eosTokenIds: [ends.data.eos_token_id] })
  if (words.quantization_config != null) {
    throw new UnsupportedModelError(`weights quantised by ${words.quantization_config.quant_method ?? 'an unnamed method'} (quantization_config) are not supported; import the unquantised model or a GGUF file of it`)
  }
  return {
    architecture,
    biases: [...architecture.biases, ...(words.attention_bias === true ? attentionBiases : []), ...(words.mlp_bias === true ? mlpBiases : [])],
    config: described
  }
}
