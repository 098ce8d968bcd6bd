import assert from 'node:assert/strict'
import { createEngine, type Engine, type SpanRunner } from '../../src/engine/index.ts'
import { ropeVariantOf } from '../../src/model/index.ts'
import { argmax, difference, fixtureFolder, imported, tinyModels, tinyReference, type TinyPrompt } from '../support/reference.ts'
import { removeFolders } from '../support/shoal.ts'
import { assertSame, importedGguf } from './gguf-models.ts'
import { note, writeModels, type ModelRow } from './models-table.ts'
import { greedy, localRing } from './ring.ts'

/** What was seen of each model, for docs/MODELS.md: `SHOAL_WRITE_MODELS=1 npx mocha --exit test/engine/reference.test.ts` writes it. */
const measured = new Map<string, ModelRow>()

/** GGUF files keep what the folder has, where that is not float32. */
const storedAs: Readonly<Partial<Record<typeof tinyModels[number], 'F16' | 'BF16'>>> = { olmo2: 'F16', qwen2: 'BF16', 'llama-tied': 'BF16' }

describe('tiny models against the reference', function () {
  this.timeout(60_000)
  let engine: Engine

  before(async () => { engine = await createEngine({ device: 'cpu', threads: 1 }) })
  after(async () => {
    await engine.close()
    if (process.env.SHOAL_WRITE_MODELS != null) await writeModels(measured)
    await removeFolders()
  })

  const load = async (source: Awaited<ReturnType<typeof imported>>, cuts: readonly number[], on = engine): Promise<SpanRunner[]> => {
    const borders = [0, ...cuts, source.manifest.config.layerCount]
    const runners: SpanRunner[] = []
    for (let index = 0; index + 1 < borders.length; index++) {
      runners.push(await on.load(source, { start: borders[index] ?? 0, end: borders[index + 1] ?? 0 }, { compute: 'exact' }))
    }
    return runners
  }

  /** Largest difference of the logits, which is small; greedy ids are equal. */
  const logitsDifference = async (source: Awaited<ReturnType<typeof imported>>, prompts: readonly TinyPrompt[]): Promise<number> => {
    const runners = await load(source, [])
    let most = 0
    assert.equal(prompts.length, 4)
    for (const { id, inputIds, logits, greedy: { ids } } of prompts) {
      const ring = localRing(runners, inputIds.length + 24, ropeVariantOf(source.manifest.config.rope, inputIds.length))
      const found = difference(await ring.feed(inputIds, 0, 1), logits)
      assert.ok(found <= 5e-4, `${id}: ${found}`)
      assert.deepEqual(await greedy(ring, inputIds, ids.length, argmax), ids, id)
      ring.release()
      most = Math.max(most, found)
    }
    await Promise.all(runners.map(async (runner) => { await runner.close() }))
    return most
  }

  /** Largest difference of the hidden states behind every layer, which is small. */
  const hiddenDifference = async (source: Awaited<ReturnType<typeof imported>>, prompts: readonly TinyPrompt[]): Promise<number> => {
    const { layerCount, hiddenSize } = source.manifest.config
    const runners = await load(source, Array.from({ length: layerCount - 1 }, (_, index) => index + 1))
    let most = 0
    for (const { id, inputIds, hidden } of prompts) {
      if (hidden == null) {
        continue
      }
      const ring = localRing(runners, inputIds.length)
      await ring.feed(inputIds, 0, 1)
      ring.release()
      for (let layer = 1; layer < layerCount; layer++) {
        const size = inputIds.length * hiddenSize
        const found = difference(ring.hidden[layer - 1] ?? new Float32Array(), hidden.subarray(layer * size, (layer + 1) * size))
        assert.ok(found <= 1e-3, `${id}, layer ${layer}: ${found}`)
        most = Math.max(most, found)
      }
    }
    await Promise.all(runners.map(async (runner) => { await runner.close() }))
    return most
  }

  for (const name of tinyModels) {
    it(`${name}: logits and greedy ids, whole and split at every layer, bit for bit the same`, async () => {
      const folder = `${fixtureFolder}models/${name}`
      const source = await imported(folder)
      const prompts = await tinyReference(folder)
      const { layerCount } = source.manifest.config
      const whole = new Map<string, { logits: Float32Array, ids: number[] }>()
      for (let cut = 0; cut < layerCount; cut++) {
        const runners = await load(source, cut === 0 ? [] : [cut])
        for (const prompt of prompts) {
          const ring = localRing(runners, prompt.inputIds.length + 24, ropeVariantOf(source.manifest.config.rope, prompt.inputIds.length))
          const logits = (await ring.feed(prompt.inputIds, 0, 1)).slice()
          const ids = await greedy(ring, prompt.inputIds, 24, argmax)
          ring.release()
          if (cut === 0) {
            note(measured, name, source.manifest.config, { logits: difference(logits, prompt.logits) })
            assert.ok(difference(logits, prompt.logits) <= 5e-4, `${prompt.id}: ${difference(logits, prompt.logits)}`)
            assert.deepEqual(ids, prompt.greedy.ids, prompt.id)
            whole.set(prompt.id, { logits, ids })
          } else {
            assert.deepEqual({ logits, ids }, whole.get(prompt.id), `${prompt.id} cut at ${cut}`)
          }
        }
        await Promise.all(runners.map(async (runner) => { await runner.close() }))
      }
    })

    it(`${name}: with keys and values in 16 bits near the reference, and split bit for bit the same`, async () => {
      const folder = `${fixtureFolder}models/${name}`
      const source = await imported(folder)
      const half = await createEngine({ device: 'cpu', threads: 1, kvType: 'f16' })
      const [whole, split] = [await load(source, [], half), await load(source, [1], half)]
      for (const { id, inputIds, logits } of await tinyReference(folder)) {
        const variant = ropeVariantOf(source.manifest.config.rope, inputIds.length)
        const rings = [whole, split].map((runners) => localRing(runners, inputIds.length + 8, variant))
        const [one, two] = await Promise.all(rings.map(async (ring) => ({
          first: (await ring.feed(inputIds, 0, 1)).slice(),
          ids: await greedy(ring, inputIds, 8, argmax),
          last: (await ring.feed([7], inputIds.length, 1)).slice()
        })))
        rings.forEach((ring) => { ring.release() })
        // random weights of magnitude 1 amplify what 11 bits of precision leave out
        assert.ok(difference(one?.first ?? new Float32Array(), logits) <= 8e-2, `${id}: ${difference(one?.first ?? new Float32Array(), logits)}`)
        assert.deepEqual(two, one, id)
      }
      await half.close()
    })

    it(`${name}: hidden states behind every layer`, async () => {
      const folder = `${fixtureFolder}models/${name}`
      const source = await imported(folder)
      note(measured, name, source.manifest.config, { hidden: await hiddenDifference(source, await tinyReference(folder)) })
    })

    it(`${name} as GGUF: logits, greedy ids and hidden states`, async () => {
      const folder = `${fixtureFolder}models/${name}`
      const source = await importedGguf(name, { type: storedAs[name] ?? 'F32' })
      assertSame(source.manifest, (await imported(folder)).manifest)
      const prompts = await tinyReference(folder)
      const logits = await logitsDifference(source, prompts)
      await hiddenDifference(source, prompts)
      note(measured, name, source.manifest.config, {}, { word: source.word, logits })
    })
  }

  for (const [name, what, conversion] of [
    ['mixtral', 'Q8_0', { type: 'Q8_0' }],
    ['phi3-longrope', 'Q8_0', { type: 'Q8_0' }],
    ['gemma3', 'Q8_0', { type: 'Q8_0' }],
    ['gpt-oss', 'Q8_0 with experts as MXFP4', { type: 'Q8_0', expertType: 'MXFP4' }],
    ['gpt-oss', 'MXFP4, Q8_0 and F32 in each expert', { expertType: 'MXFP4', typeOf: (tensor: string) => tensor.includes('ffn_up_exps') ? 'F32' : tensor.includes('ffn_down_exps') ? 'Q8_0' : undefined }]
  ] as const) {
    it(`${name} as GGUF ${what}: as the same values in float32`, async () => {
      const source = await importedGguf(name, conversion)
      const floats = await importedGguf(name, { ...conversion, asFloats: true })
      assert.ok(source.manifest.layers[0]?.tensors.some(({ kind }) => kind === 'blocks'))
      assert.ok(floats.manifest.layers[0]?.tensors.every(({ kind }) => kind === 'dense'))
      const runners = await load(floats, [])
      const expected: TinyPrompt[] = []
      for (const prompt of await tinyReference(`${fixtureFolder}models/${name}`)) {
        const ring = localRing(runners, prompt.inputIds.length + 24, ropeVariantOf(floats.manifest.config.rope, prompt.inputIds.length))
        const logits = (await ring.feed(prompt.inputIds, 0, 1)).slice()
        expected.push({ ...prompt, logits, greedy: { ids: await greedy(ring, prompt.inputIds, 24, argmax) } })
        ring.release()
      }
      await Promise.all(runners.map(async (runner) => { await runner.close() }))
      await logitsDifference(source, expected)
    })
  }

  for (const type of ['Q4_0', 'Q8_0', 'F16']) {
    it(`llama as GGUF ${type}: logits and greedy ids`, async () => {
      const source = await imported(`${fixtureFolder}llama-gguf/llama-${type}.gguf`)
      await logitsDifference(source, await tinyReference(`${fixtureFolder}llama-gguf`, ({ models }) => models?.find((model) => model.type === type)))
    })
  }
})
