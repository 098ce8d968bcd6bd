import assert from 'node:assert/strict'
import { createEngine, type Engine, type SpanRunner } from '../../src/engine/index.ts'
import { ropeVariantOf } from '../../src/model/index.ts'
import { argmax, difference, fixtureFolder, imported, tinyModels, tinyReference } from '../support/reference.ts'
import { removeFolders } from '../support/shoal.ts'
import { note, writeModels, type ModelRow } from './models-table.ts'
import { greedy, localRing } from './ring.ts'

/** What was seen of each model, for docs/MODELS.md: `SHOAL_WRITE_MODELS=1 npx mocha --exit test/engine/reference.test.ts` writes it. */
const measured = new Map<string, ModelRow>()

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
      const { layerCount, hiddenSize } = source.manifest.config
      const runners = await load(source, Array.from({ length: layerCount - 1 }, (_, index) => index + 1))
      for (const { id, inputIds, hidden } of await tinyReference(folder)) {
        if (hidden == null) {
          continue
        }
        const ring = localRing(runners, inputIds.length)
        await ring.feed(inputIds, 0, 1)
        ring.release()
        for (let layer = 1; layer < layerCount; layer++) {
          const size = inputIds.length * hiddenSize
          const found = difference(ring.hidden[layer - 1] ?? new Float32Array(), hidden.subarray(layer * size, (layer + 1) * size))
          note(measured, name, source.manifest.config, { hidden: found })
          assert.ok(found <= 1e-3, `${id}, layer ${layer}: ${found}`)
        }
      }
      await Promise.all(runners.map(async (runner) => { await runner.close() }))
    })
  }

  for (const type of ['Q4_0', 'Q8_0', 'F16']) {
    it(`llama as GGUF ${type}: logits and greedy ids`, async () => {
      const source = await imported(`${fixtureFolder}llama-gguf/llama-${type}.gguf`)
      const prompts = await tinyReference(`${fixtureFolder}llama-gguf`, ({ models }) => models?.find((model) => model.type === type))
      assert.equal(prompts.length, 4)
      const runners = await load(source, [])
      for (const { id, inputIds, logits, greedy: expected } of prompts) {
        const ring = localRing(runners, inputIds.length + 24)
        const found = difference(await ring.feed(inputIds, 0, 1), logits)
        assert.ok(found <= 5e-4, `${id}: ${found}`)
        assert.deepEqual(await greedy(ring, inputIds, expected.ids.length, argmax), expected.ids, id)
        ring.release()
      }
      await Promise.all(runners.map(async (runner) => { await runner.close() }))
    })
  }
})
