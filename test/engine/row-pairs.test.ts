import assert from 'node:assert/strict'
import { createEngine, type SpanRunner } from '../../src/engine/index.ts'
import { fixtureFolder, imported } from '../support/reference.ts'

const PROMPT = Uint32Array.from({ length: 40 }, (_, index) => 20 + index * 31 % 400)

describe('rows in pairs', function () {
  this.timeout(60_000)

  for (const name of ['llama-tied', 'qwen3', 'gemma2']) {
    it(`change nothing where there are several: ${name}`, async () => {
      const source = await imported(`${fixtureFolder}models/${name}`, 'int4')
      const { layerCount } = source.manifest.config
      const outputs = await Promise.all([false, true].map(async (pairsRows) => {
        const engine = await createEngine({ device: 'cpu', threads: 1, pairsRows })
        const made: Float32Array[] = []
        const run = async (runner: SpanRunner, input: Uint32Array | Float32Array, score: number, wants?: 'hidden'): Promise<void> => {
          const slot = runner.reserve(50)
          await runner.run([{ slot, position: 0, input, score, ...(wants === undefined ? {} : { wants }), consume: (view) => { made.push(view.slice()) } }])
          slot.release()
        }
        const head = await engine.load(source, { start: 0, end: 1 }, { compute: 'fast' })
        await run(head, PROMPT, 0)
        const tail = await engine.load(source, { start: 1, end: layerCount }, { compute: 'fast' })
        const hidden = made[0] ?? assert.fail('the head made nothing')
        await run(tail, hidden, PROMPT.length)
        await run(tail, hidden, 2)
        await run(tail, hidden, 0)
        await run(tail, hidden, PROMPT.length, 'hidden')
        await engine.close()
        return made
      }))
      assert.deepEqual(outputs[1], outputs[0])
      assert.deepEqual(outputs[0]?.map(({ length }) => length > 0), [true, true, true, false, true])
    })
  }
})
