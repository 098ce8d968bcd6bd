import assert from 'node:assert/strict'
import { createEngine, type Engine, type Slot, type SpanRunner } from '../../src/engine/index.ts'
import { basename } from 'node:path'
import { fixtureFolder, imported } from '../support/reference.ts'

const PROMPT = Uint32Array.from({ length: 70 }, (_, index) => 20 + index * 31 % 400)

const fixture = (name: string): string => `${fixtureFolder}models/${name}`

const cases = [
  { model: 'models/atlas' },
  { model: 'models/atlas', kvType: 'f16' },
  { model: fixture('qwen3-moe') },
  // 4 bits: kernels of their own
  ...['qwen3', 'llama-tied', 'qwen3-moe', 'qwen2-moe'].flatMap((name) => [{ model: fixture(name), quantization: 'int4' }, { model: fixture(name), quantization: 'int4', pairsRows: true }] as const)
] as const

for (const { model, kvType, quantization, pairsRows } of cases as ReadonlyArray<{ model: string, kvType?: 'f16', quantization?: 'int4', pairsRows?: true }>) {
  describe(`slots side by side of ${[basename(model), quantization, kvType === 'f16' ? 'KV in f16' : undefined, pairsRows === true ? 'rows in pairs' : undefined].filter(Boolean).join(', ')}`, function () {
    this.timeout(60_000)
    let engine: Engine
    let source: Awaited<ReturnType<typeof imported>>

    before(async () => {
      source = await imported(model, quantization)
      engine = await createEngine({ device: 'cpu', threads: 1, kvType: kvType ?? 'f32', ...(pairsRows === undefined ? {} : { pairsRows }) })
    })

    after(async () => { await engine.close() })

    for (const compute of ['fast', 'exact'] as const) {
      describe(compute, () => {
        let runner: SpanRunner
        /** Logits behind the prompt and one more token, alone on the span. */
        let wanted: Float32Array

        before(async () => {
          runner = await engine.load(source, { start: 0, end: source.manifest.config.layerCount }, { compute, slots: 16 })
          const slot = runner.reserve(100)
          await step(slot, 0, PROMPT)
          wanted = await step(slot, 70, Uint32Array.of(33))
          slot.release()
        })

        after(async () => { await runner.close() })

        async function step (slot: Slot, position: number, input: Uint32Array): Promise<Float32Array> {
          let output = new Float32Array()
          await runner.run([{ slot, position, input, score: 1, consume: (view) => { output = view.slice() } }])
          return output
        }

        it('gives the same bits in a batch as alone', async () => {
          const slots = Array.from({ length: 5 }, () => runner.reserve(100))
          await Promise.all(slots.map((slot) => step(slot, 0, PROMPT)))
          // the first run goes alone, the others together
          for (const output of await Promise.all(slots.map((slot) => step(slot, 70, Uint32Array.of(33))))) assert.deepEqual(output, wanted)
          slots.forEach((slot) => { slot.release() })
        })

        it('gives the same bits however a prompt is cut', async () => {
          for (const part of [2, 7, 31, 32, 33, 37, 57, 65, 68]) {
            const slot = runner.reserve(100)
            for (let from = 0; from < 70; from += part) await step(slot, from, PROMPT.subarray(from, from + part))
            assert.deepEqual(await step(slot, 70, Uint32Array.of(33)), wanted, `in parts of ${part} rows`)
            slot.release()
          }
        })

        it('leaves a slot alone that lies between two at work', async () => {
          const slots = Array.from({ length: 4 }, () => runner.reserve(100))
          const [one, left, idle, right] = slots
          assert.ok(one !== undefined && left !== undefined && idle !== undefined && right !== undefined)
          await step(idle, 0, PROMPT)
          await Promise.all([step(one, 0, PROMPT), step(left, 0, PROMPT), step(right, 0, PROMPT)])
          // the first runs alone; then left and right in one run, over the idle one between them
          await Promise.all([step(one, 70, Uint32Array.of(33)), step(left, 70, Uint32Array.of(33)), step(right, 70, Uint32Array.of(33))])
          assert.deepEqual(await step(idle, 70, Uint32Array.of(33)), wanted)
          slots.forEach((slot) => { slot.release() })
        })

        it('copies into a place that a run in flight reaches over', async () => {
          const slots = Array.from({ length: 5 }, () => runner.reserve(100))
          const [source, one, left, between, right] = slots
          assert.ok(source !== undefined && one !== undefined && left !== undefined && between !== undefined && right !== undefined)
          await Promise.all([source, one, left, right].map((slot) => step(slot, 0, PROMPT)))
          between.release()
          const running = [one, left, right].map((slot) => step(slot, 70, Uint32Array.of(33)))
          await running[0]
          const taken = runner.reserve(100)
          assert.ok(await runner.copy(source, taken, 70))
          await Promise.all(running)
          assert.deepEqual(await step(taken, 70, Uint32Array.of(33)), wanted)
          taken.release()
          slots.forEach((slot) => { slot.release() })
        })
      })
    }
  })
}
