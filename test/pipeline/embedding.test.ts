import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createEngine, type Engine, type SpanRunner } from '../../src/engine/index.ts'
import { MAX_TOKENIZER_BYTES, createTokenizer, parseTokenizerData, ropeVariantOf, type Manifest } from '../../src/model/index.ts'
import { coordinator, stageServer, type Coordinator, type CoordinatorModel, type GenerateEvent, type Pooling } from '../../src/pipeline/index.ts'
import { planRoute } from '../../src/routing/index.ts'
import { importModel, modelStore, type ModelStore } from '../../src/store/index.ts'
import { fixtureFolder } from '../support/reference.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { memoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

const poolings: readonly Pooling[] = ['mean', 'last']

for (const [name, source] of [['atlas', 'models/atlas'], ['llama', `${fixtureFolder}models/llama`], ['gemma3', `${fixtureFolder}models/gemma3`]] as const) {
  describe(`an embedding of ${name}`, function () {
    this.timeout(120_000)
    let store: ModelStore
    let engine: Engine
    let modelId: string
    let model: CoordinatorModel
    let ids: readonly number[]
    const runners: SpanRunner[] = []

    before(async () => {
      store = await modelStore(await temporaryFolder())
      ;({ modelId } = await importModel({ source, name, store }))
      const { manifest } = await store.get(name)
      model = { manifest, tokenizer: createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, MAX_TOKENIZER_BYTES))) }
      engine = await createEngine({ device: 'cpu', threads: 1 })
      // several chunks, of other sizes for each number of stages
      ids = Array.from({ length: Math.min(150, manifest.config.contextLength - 1) }, (_, index) => (index * 31 + 7) % manifest.config.vocabSize)
    })

    after(async () => {
      for (const runner of runners) await runner.close()
      await engine.close()
      await removeFolders()
    })

    const load = async (manifest: Manifest, start: number, end: number): Promise<SpanRunner> => {
      const runner = await engine.load({ manifest, blobFolder: store.blobs.folder }, { start, end }, { compute: 'exact' })
      runners.push(runner)
      return runner
    }

    /** One peer a span. */
    async function ring (spans: ReadonlyArray<readonly [start: number, end: number]>): Promise<{ readonly asked: Coordinator, readonly network: MemoryNetwork }> {
      const network = memoryNetwork()
      const records: NodeRecord[] = []
      for (const [index, [start, end]] of spans.entries()) {
        const host = network.host(`peer${index}`)
        const runner = await load(model.manifest, start, end)
        const server = stageServer({ host })
        server.offer(modelId, runner)
        await server.start()
        records.push({
          peerId: host.peerId, seq: 1n, expiresAtMs: Infinity, name: '', version: '', device: { kind: 'cpu', label: '' }, memoryBytes: 0,
          numericClass: engine.numericClass('exact'), protocols: [], addresses: [],
          spans: [{
            modelId, start, end, label: name, layerCount: model.manifest.config.layerCount, state: 'online', compute: 'exact', wires: ['f16', 'f32'],
            freeSlots: runner.freeSlots(), decodeMsPerToken: 1 + index, prefillTokensPerSecond: 1000, queueMs: 0, divisible: false
          }],
          offers: []
        })
      }
      const asked = coordinator({
        host: network.host('client'),
        swarm: { nodes: () => records, refresh: () => Promise.resolve({ nodes: records, isWhole: true }), roundTripMs: () => 1 },
        models: () => Promise.resolve(model),
        planRoute
      })
      return { asked, network }
    }

    async function embed (asked: Coordinator, pooling: Pooling): Promise<{ readonly values: Float32Array, readonly events: readonly GenerateEvent[] }> {
      const events: GenerateEvent[] = []
      for await (const event of asked.generate({ modelId, prompt: { kind: 'ids', ids }, maxTokens: 0, stop: [], sampling: {}, wire: 'f32', embed: pooling })) events.push(event)
      const [values, ...more] = events.flatMap((event) => event.kind === 'embedding' ? event.values : [])
      assert.ok(values !== undefined && more.length === 0)
      return { values, events }
    }

    it('is what the last layer gives, normed and pooled', async () => {
      const { manifest } = model
      const { layerCount, hiddenSize, normEpsilon, rope } = manifest.config
      // of a model with a layer more, all of these layers are a span without a norm behind it
      const longer = { ...manifest, config: { ...manifest.config, layerCount: layerCount + 1 }, layers: [...manifest.layers, ...manifest.layers.slice(0, 1)] }
      const runner = await load(longer, 0, layerCount)
      const slot = runner.reserve(ids.length)
      let hidden = new Float32Array()
      await runner.run([{ slot, position: 0, input: Uint32Array.from(ids), score: 0, ropeVariant: ropeVariantOf(rope, ids.length), consume (view) { hidden = view.slice() } }])
      slot.release()
      const entry = manifest.head.tensors.find((tensor) => tensor.name === 'norm')
      assert.ok(entry?.kind === 'dense' && entry.dtype === 'f32')
      const head = await readFile(`${store.blobs.folder}/${manifest.head.cid}`)
      const normed = ids.map((_, position) => {
        const row = hidden.subarray(position * hiddenSize, (position + 1) * hiddenSize)
        const scale = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / hiddenSize + normEpsilon)
        return Array.from(row, (value, index) => value * scale * head.readFloatLE(entry.data.offset + 4 * index))
      })
      const { asked } = await ring([[0, layerCount]])
      for (const pooling of poolings) {
        const expected = pooling === 'last' ? normed.at(-1) ?? [] : Array.from({ length: hiddenSize }, (_, index) => normed.reduce((sum, row) => sum + (row[index] ?? NaN), 0) / ids.length)
        const { values } = await embed(asked, pooling)
        const largest = Math.max(...expected.map(Math.abs))
        const off = Math.max(...expected.map((value, index) => Math.abs(value - (values[index] ?? NaN))))
        assert.ok(values.length === hiddenSize && off <= 1e-5 * largest, `${pooling}: ${off} of ${largest}`)
      }
      assert.notDeepEqual((await embed(asked, 'mean')).values, (await embed(asked, 'last')).values)
    })

    it('is the same bits from any split, and after the last stage was lost in the middle of the prompt', async () => {
      const { layerCount } = model.manifest.config
      const whole = (await ring([[0, layerCount]])).asked
      const cuts: ReadonlyArray<readonly number[]> = [[1], [layerCount - 1], [1, 2, layerCount - 1]]
      const split = await Promise.all(cuts.map(async (cut) => {
        const borders = [0, ...cut, layerCount]
        return (await ring(borders.slice(1).map((end, index) => [borders[index] ?? 0, end] as const))).asked
      }))
      for (const pooling of poolings) {
        const { values } = await embed(whole, pooling)
        for (const asked of split) assert.deepEqual((await embed(asked, pooling)).values, values)
        const { asked, network } = await ring([[0, 2], [2, layerCount], [2, layerCount]])
        let rows = 0
        network.disturb = (frame, from, to) => {
          if (from === 'peer0' && to === 'peer1' && ++rows === 4) network.kill('peer1')
          return [frame]
        }
        const mended = await embed(asked, pooling)
        assert.deepEqual(mended.values, values)
        const done = mended.events.at(-1)
        assert.ok(done?.kind === 'done')
        assert.equal(done.route.at(-1)?.peerId, 'peer2')
      }
    })
  })
}
