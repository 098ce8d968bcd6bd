import assert from 'node:assert/strict'
import { joinedTo } from '../support/signals.ts'
import { generator } from '../../src/daemon/generator.ts'
import type { ThinClient } from '../../src/client/index.ts'
import type { LocalModels } from '../../src/daemon/local-model.ts'
import type { GenerateEvent, GenerateRequest } from '../../src/pipeline/index.ts'

const request = { modelId: 'elsewhere' } as GenerateRequest // `as`: nobody reads it

describe('a daemon\'s answers for a model that it has not', () => {
  it('end with the daemon', async () => {
    const ending = new AbortController()
    const { generate } = asking(ending.signal, async (signal) => {
      ending.abort(new Error('the node is stopping'))
      await Promise.resolve()
      assert.ok(signal?.aborted)
    })
    await assert.rejects(drain(generate(request, { signal: new AbortController().signal })), { name: 'NoCapacityError' })
  })

  it('leave nothing of themselves in what lives as long as the daemon', async () => {
    const { signal } = new AbortController()
    const { generate } = asking(signal, async () => { await Promise.resolve() })
    for (let i = 0; i < 40; i++) await drain(generate(request, { signal: new AbortController().signal }))
    assert.equal(joinedTo(signal), 0)
  })
})

function asking (ended: AbortSignal, answer: (signal: AbortSignal | null | undefined) => Promise<void>): ReturnType<typeof generator> {
  const client = {
    async * generate (_request: GenerateRequest, { signal }: Parameters<ThinClient['generate']>[1] = {}): AsyncGenerator<GenerateEvent> {
      await answer(signal)
      yield { kind: 'repaired' } as GenerateEvent // `as`: nobody reads it
    }
  } as ThinClient // `as`: nothing else is used
  const nobody = { generate: () => { throw new Error('the model is not here') } }
  return generator({
    coordinator: nobody,
    client,
    models: { opened: () => undefined } as unknown as LocalModels,
    records: () => [],
    lookAround: async () => { await Promise.resolve() },
    watch: async function * (events) { yield * events },
    ended
  })
}

async function drain (events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) assert.ok(event)
}
