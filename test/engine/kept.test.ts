import assert from 'node:assert/strict'
import { queryObjects } from 'node:v8'
import { createEngine, type Engine, type SpanRunner } from '../../src/engine/index.ts'
import { imported } from '../support/reference.ts'

describe('a span that served many sessions', function () {
  this.timeout(60_000)
  let engine: Engine
  let runner: SpanRunner

  before(async () => {
    const source = await imported('models/atlas')
    engine = await createEngine({ device: 'cpu', threads: 1 })
    runner = await engine.load(source, { start: 0, end: 1 }, { compute: 'fast', slots: 4 })
  })

  after(async () => {
    await runner.close()
    await engine.close()
  })

  async function session (): Promise<void> {
    const slot = runner.reserve(64)
    const { signal } = new AbortController()
    const consume = (): void => { /* not looked at */ }
    await runner.run([{ slot, position: 0, input: Uint32Array.from({ length: 20 }, (_, index) => 20 + index), score: 0, consume }], { signal })
    for (let position = 20; position < 30; position++) await runner.run([{ slot, position, input: Uint32Array.of(33), score: 0, consume }], { signal })
    slot.release()
  }

  it('keeps nothing of them', async () => {
    const sessions = async (count: number): Promise<void> => {
      await Promise.all(Array.from({ length: 4 }, async () => { for (let i = 0; i < count; i++) await session() }))
    }
    const kept = (): number[] => [Array, Map, Set, Promise, ArrayBuffer, AbortSignal].map((kind) => queryObjects(kind, { format: 'count' }))
    // whatever ranges of slots are ever bound together
    await sessions(4)
    const before = kept()
    await sessions(8)
    const grown = kept().map((count, index) => count - (before[index] ?? 0))
    assert.ok(grown.every((count) => count < 32), `32 sessions and 352 steps left ${grown.join(', ')} objects`)
  })
})
