import assert from 'node:assert/strict'
import { createEngine, type Engine, type Slot, type SpanRunner, type Step } from '../../src/engine/index.ts'
import { ropeVariantOf } from '../../src/model/index.ts'
import { difference, fixtureFolder, imported, tinyModels, tinyReference } from '../support/reference.ts'
import { removeFolders } from '../support/shoal.ts'
import { localRing } from './ring.ts'

describe('hidden states behind the last norm', function () {
  this.timeout(60_000)
  let engine: Engine

  before(async () => { engine = await createEngine({ device: 'cpu', threads: 1 }) })
  after(async () => {
    await engine.close()
    await removeFolders()
  })

  async function load (source: Awaited<ReturnType<typeof imported>>, cuts: readonly number[]): Promise<SpanRunner[]> {
    const borders = [0, ...cuts, source.manifest.config.layerCount]
    return await Promise.all(cuts.concat(0).map(async (_, index) =>
      await engine.load(source, { start: borders[index] ?? 0, end: borders[index + 1] ?? 0 }, { compute: 'exact' })))
  }

  for (const name of tinyModels) {
    it(`${name}: near the reference, whole and split bit for bit the same`, async () => {
      const folder = `${fixtureFolder}models/${name}`
      const source = await imported(folder)
      const { config: { hiddenSize, layerCount, rope } } = source.manifest
      const [whole, split] = [await load(source, []), await load(source, [1, layerCount - 1])]
      for (const { id, inputIds, hidden } of await tinyReference(folder)) {
        const [one, two] = await Promise.all([whole, split].map(async (runners) => {
          const ring = localRing(runners, inputIds.length, ropeVariantOf(rope, inputIds.length), 'hidden')
          const values = await ring.feed(inputIds, 0, inputIds.length)
          ring.release()
          return values
        }))
        assert.equal(one?.length, inputIds.length * hiddenSize)
        assert.deepEqual(two, one, id)
        // the reference has the last layer's output before its norm too
        const found = hidden === undefined ? 0 : difference(one, hidden.subarray((layerCount + 1) * one.length))
        assert.ok(found <= 1e-3, `${id}: ${found}`)
      }
      await Promise.all([...whole, ...split].map(async (runner) => { await runner.close() }))
    })
  }

  describe('of one span', () => {
    const ids = Uint32Array.of(3, 1, 4, 1, 5, 9, 2, 6)
    const known = new Map<string, Float32Array[]>()
    let runner: SpanRunner

    before(async () => { runner = await engine.load(await imported(`${fixtureFolder}models/llama`), { start: 0, end: 4 }, { compute: 'exact', slots: 4 }) })
    after(async () => { await runner.close() })

    const step = (slot: Slot, wants: Step['wants'], { from = 0, score = 1 } = {}): { step: Step, values: () => Float32Array } => {
      let made = new Float32Array()
      return {
        step: { slot, position: from, input: ids.subarray(from), score, ...(wants === undefined ? {} : { wants }), consume: (view) => { made = view.slice() } },
        values: () => made
      }
    }
    const alone = async (wants: Step['wants'], score = 1): Promise<Float32Array> => {
      const slot = runner.reserve(ids.length)
      const { step: only, values } = step(slot, wants, { score })
      await runner.run([only])
      slot.release()
      return values()
    }

    it('are those of the trailing rows that were asked for', async () => {
      const [all, last] = [await alone('hidden', ids.length), await alone('hidden', 1)]
      assert.deepEqual(last, all.subarray(-runner.hiddenSize))
      assert.equal((await alone('hidden', 0)).length, 0)
    })

    it('leave logits as they are, whatever came before by the same places', async () => {
      const logits = await alone('logits', 3)
      assert.equal(logits.length, 3 * runner.vocabSize)
      for (const score of [1, 3, 8]) {
        const hidden = await alone('hidden', score)
        assert.equal(hidden.length, score * runner.hiddenSize)
        assert.deepEqual(await alone(undefined, 3), logits)
      }
    })

    it('and logits too, are the same where a tail had nothing to score before', async () => {
      for (const score of [0, 1]) {
        const slot = runner.reserve(ids.length)
        for (const wants of ['hidden', 'logits'] as const) {
          let length = -1
          for (let from = 0; from < ids.length - 1; from += from === 0 ? 4 : 1) {
            const input = ids.subarray(from, from === 0 ? 4 : from + 1)
            await runner.run([{ slot, position: from, input, score, consume: (view) => { length = view.length } }])
            assert.equal(length, score * runner.vocabSize)
          }
          const last = step(slot, wants, { from: ids.length - 1 })
          await runner.run([last.step])
          known.set(wants, [...known.get(wants) ?? [], last.values()])
        }
        slot.release()
      }
      for (const [without, having] of known.values()) assert.deepEqual(without, having)
    })

    it('come beside logits of others, of prompts and of single rows', async () => {
      for (const from of [0, ids.length - 1]) {
        const slots = [0, 1, 2, 3].map(() => runner.reserve(ids.length))
        if (from > 0) await runner.run(slots.map((slot) => ({ ...step(slot, 'logits', { score: 0 }).step, input: ids.subarray(0, from) })))
        const steps = slots.map((slot, index) => step(slot, index % 2 === 0 ? 'hidden' : 'logits', { from }))
        await runner.run(steps.map((each) => each.step))
        slots.forEach((slot) => { slot.release() })
        const [hidden, logits, hiddenToo, logitsToo] = steps.map(({ values }) => values())
        assert.deepEqual([hidden?.length, logits?.length], [runner.hiddenSize, runner.vocabSize])
        assert.deepEqual([hiddenToo, logitsToo], [hidden, logits])
        assert.ok(difference(hidden ?? new Float32Array(), await alone('hidden')) <= 1e-4)
        assert.ok(difference(logits ?? new Float32Array(), await alone('logits')) <= 1e-4)
      }
    })
  })
})
