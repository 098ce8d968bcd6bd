import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type Engine, type SpanRunner } from '../../src/engine/index.ts'
import { MAX_TOKENIZER_BYTES, createTokenizer, parseTokenizerData, type ChatMessage } from '../../src/model/index.ts'
import { coordinator, stageServer, type CoordinatorModel, type GenerateEvent, type Wire } from '../../src/pipeline/index.ts'
import { planRoute } from '../../src/routing/index.ts'
import { importModel, modelStore, type ModelStore } from '../../src/store/index.ts'
import { tokensOf } from './support/fake-swarm.ts'
import { memoryNetwork } from './support/memory-network.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

interface Sample { readonly messages: ChatMessage[], readonly answer: string, readonly ids: number[] }

const SAMPLES = 6
const LAYERS = 8

describe('atlas in rings of the real engine', function () {
  this.timeout(120_000)
  let folder: string
  let store: ModelStore
  let engine: Engine
  let modelId: string
  let model: CoordinatorModel
  let samples: Sample[]
  const runners: SpanRunner[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-pipeline-'))
    store = await modelStore(folder)
    ;({ modelId } = await importModel({ source: 'models/atlas', name: 'atlas', store }))
    const { manifest } = await store.get('atlas')
    model = { manifest, tokenizer: createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, MAX_TOKENIZER_BYTES))) }
    engine = await createEngine({ device: 'cpu', threads: 1 })
    const lines = (await readFile('models/atlas/eval.jsonl', 'utf8')).trim().split('\n')
    const every = Math.floor(lines.length / SAMPLES)
    samples = Array.from({ length: SAMPLES }, (_, index) => JSON.parse(lines[index * every] ?? '{}') as Sample) // `as`: a file of our own
  })

  after(async () => {
    for (const runner of runners) await runner.close()
    await engine.close()
    await rm(folder, { recursive: true })
  })

  /** Answers of a ring with these cuts, one peer a stage. */
  async function answers (cuts: readonly number[], wire: Wire): Promise<GenerateEvent[][]> {
    const network = memoryNetwork()
    const bounds = [0, ...cuts, LAYERS]
    const records: NodeRecord[] = []
    for (const [index, end] of bounds.slice(1).entries()) {
      const start = bounds[index] ?? 0
      const host = network.host(`peer${index}`)
      const runner = await engine.load({ manifest: model.manifest, blobFolder: store.blobs.folder }, { start, end }, { compute: 'exact' })
      runners.push(runner)
      const server = stageServer({ host })
      server.offer(modelId, runner)
      await server.start()
      records.push({
        peerId: host.peerId, seq: 1n, expiresAtMs: Infinity, name: '', version: '', device: { kind: 'cpu', label: '' }, memoryBytes: 0,
        numericClass: engine.numericClass('exact'), protocols: [], addresses: [],
        spans: [{
          modelId, start, end, label: 'atlas', layerCount: LAYERS, state: 'online', compute: 'exact', wires: ['f16', 'f32'],
          freeSlots: runner.freeSlots(), decodeMsPerToken: 1, prefillTokensPerSecond: 1000, queueMs: 0, divisible: false
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
    return await Promise.all(samples.map(async ({ messages }) => {
      const events: GenerateEvent[] = []
      for await (const event of asked.generate({ modelId, prompt: { kind: 'chat', messages }, maxTokens: 40, stop: [], sampling: { temperature: 0 }, wire }, {})) events.push(event)
      return events
    }))
  }

  for (const [cuts, wire] of [[[], 'f32'], [[3], 'f32'], [[3, 6], 'f16'], [[1, 2, 7], 'f32']] as const) {
    it(`answers as the reference does from ${cuts.length + 1} stages over ${wire}`, async () => {
      const all = await answers(cuts, wire)
      for (const [index, events] of all.entries()) {
        const sample = samples[index]
        const done = events.at(-1)
        assert.ok(done?.kind === 'done' && done.finishReason === 'stop')
        assert.deepEqual(tokensOf(events), sample?.ids.slice(0, -1))
        assert.equal(done.text, sample?.answer)
      }
    })
  }
})
