import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ggufOfFolder, type Conversion } from '../support/llama-cpp/convert.ts'
import { fixtureFolder, imported, type tinyModels } from '../support/reference.ts'
import { temporaryFolder } from '../support/shoal.ts'
import type { Manifest, ModelConfig } from '../../src/model/index.ts'

type Source = Awaited<ReturnType<typeof imported>>

/**
 * What tiny models have and GGUF files can't say, because llama.cpp has it in its code for the models that there are. `implied` is what a file
 * means, `own` what the reference was computed with, which is put in its place after the import.
 */
const unsaid: Readonly<Partial<Record<typeof tinyModels[number], { readonly implied: Partial<ModelConfig>, readonly own: Partial<ModelConfig> }>>> = {
  // llama.cpp runs Mistral without windows and its files don't state them
  'mistral-swa': { implied: { slidingWindow: [0, 0, 0, 0] }, own: { slidingWindow: [16, 16, 16, 16] } },
  // one over the root of a head's dimensions
  gemma2: { implied: { attentionScale: 1 / 4 }, own: { attentionScale: 24 ** -0.5 } },
  // every sixth layer sees all
  gemma3: { implied: { attentionScale: 32 ** -0.5, slidingWindow: [16, 16, 16, 16, 16, 0] }, own: { attentionScale: 24 ** -0.5, slidingWindow: [16, 16, 0, 16, 16, 0] } },
  // every fourth layer
  smollm3: { implied: { unrotatedLayers: [3] }, own: { unrotatedLayers: [1, 3] } },
  'gpt-oss': {
    implied: { experts: { count: 4, perToken: 2, intermediateSize: 64, normalised: false, softmaxOfChosen: true, clamped: { limit: 7, alpha: 1.702 } } },
    own: { experts: { count: 4, perToken: 2, intermediateSize: 64, normalised: false, softmaxOfChosen: true, clamped: { limit: 2, alpha: 1.702 } } }
  }
}

/** Files keep numbers as float32. */
const asFloats = (value: unknown): unknown => typeof value === 'number'
  ? Math.fround(value)
  : Array.isArray(value) ? value.map(asFloats) : typeof value === 'object' && value != null ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asFloats(inner)])) : value

/** What the file calls its model, and the model with what the file can't say. */
export async function importedGguf (name: typeof tinyModels[number], conversion: Conversion = {}): Promise<Source & { readonly word: string }> {
  const path = join(await temporaryFolder(), `${name}.gguf`)
  let word = ''
  await ggufOfFolder(`${fixtureFolder}models/${name}`, path, {
    ...conversion,
    metadata: (metadata) => {
      const named = metadata['general.architecture']
      word = typeof named === 'string' ? named : ''
      conversion.metadata?.(metadata)
    }
  })
  const source = await imported(path)
  const { implied = {}, own = {} } = unsaid[name] ?? {}
  const { config } = source.manifest
  assert.deepEqual(Object.fromEntries(Object.keys(implied).map((key) => [key, config[key as keyof ModelConfig]])), implied) // keys of a part of it
  return { ...source, manifest: { ...source.manifest, config: { ...config, ...own } }, word }
}

/** A GGUF file of the stored type of a folder gives the very parts that the folder gives, and the same configuration but for what is said another way. */
export function assertSame (fromGguf: Manifest, fromFolder: Manifest): void {
  const { rope: { scaling, ...rope }, architecture: ofGguf, ...config } = fromGguf.config
  const { rope: { scaling: original, ...originalRope }, architecture, ...originalConfig } = fromFolder.config
  assert.deepEqual(asFloats({ ...config, rope }), asFloats({ ...originalConfig, rope: originalRope }))
  // Mistral's files say that they are Llama's
  assert.equal(ofGguf, architecture === 'mistral' ? 'llama' : architecture)
  if (original.type === 'llama3') {
    assert.equal(scaling.type, 'factors')
  } else {
    assert.deepEqual(asFloats(scaling), asFloats(original))
  }
  const parts = ({ embedding, layers, head }: Manifest): unknown => [embedding, ...layers, head]
  assert.deepEqual(parts(fromGguf), parts(fromFolder))
}
