import assert from 'node:assert/strict'
import { joinedTo } from '../support/signals.ts'
import { generator } from '../../src/daemon/generator.ts'
import type { ThinClient } from '../../src/client/index.ts'
import type { LocalModels } from '../../src/daemon/local-model.ts'
import type { GenerateEvent, GenerateRequest } from '../../src/pipeline/index.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

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

describe('the models that a daemon\'s gateway has', () => {
  const served = (peerId: string, modelId: string, label: string): NodeRecord => ({
    peerId, spans: [{ modelId, label, start: 0, end: 1, layerCount: 1, state: 'online' }]
  }) as unknown as NodeRecord // `as`: what is looked at
  const models = async (records: NodeRecord[], names: Record<string, string>, get: LocalModels['get'] = async () => await Promise.resolve(undefined)) => {
    const { models: list } = generator({
      coordinator: { generate: () => { throw new Error('nobody asks') } },
      client: {} as ThinClient, // `as`: nobody asks
      models: { opened: () => undefined, get, names: async () => await Promise.resolve(names) },
      records: () => records,
      lookAround: async () => { await Promise.resolve() },
      watch: async function * (events) { yield * events },
      ended: new AbortController().signal
    })
    return (await list()).map(({ name, modelId, alias }) => [modelId, name, alias])
  }

  it('have the names of this machine, whatever others call them', async () => {
    const records = [served('a', 'id1', 'qwen'), served('b', 'id1', 'qwen'), served('self', 'id1', 'mine')]
    assert.deepEqual(await models(records, { mine: 'id1' }), [['id1', 'mine', 'qwen']])
  })

  it('are never called by a name that is another model\'s here', async () => {
    assert.deepEqual(await models([served('a', 'strange', 'mine')], { mine: 'id1' }), [['strange', 'strange', undefined]])
    assert.deepEqual(await models([served('a', 'strange', 'theirs')], { mine: 'id1' }), [['strange', 'theirs', undefined]])
  })

  it('are all there though one of them is damaged here, or is no model', async () => {
    const found = await models([served('a', 'blob', 'evil'), served('b', 'id1', 'mine')], { mine: 'id1' }, async (modelId) => {
      await Promise.resolve()
      if (modelId === 'blob') throw new Error('no model has that id')
      return undefined
    })
    assert.deepEqual(found.map(([modelId]) => modelId), ['blob', 'id1'])
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
    models: { opened: () => undefined, get: async () => await Promise.resolve(undefined), names: async () => await Promise.resolve({}) },
    records: () => [],
    lookAround: async () => { await Promise.resolve() },
    watch: async function * (events) { yield * events },
    ended
  })
}

async function drain (events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) assert.ok(event)
}
