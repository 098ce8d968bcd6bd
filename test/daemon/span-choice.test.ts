import assert from 'node:assert/strict'
import { memoryBudget } from '../../src/daemon/config.ts'
import { settleSpan } from '../../src/daemon/span-choice.ts'
import { spanCosts, spanWeightBytes } from '../../src/daemon/span-cost.ts'
import type { Manifest, Part, Span } from '../../src/model/index.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

const part = (size: number): Part => ({
  cid: 'c', size, pieceSize: 1, pieces: 'p', tensors: [{ kind: 'dense', name: 'x', dtype: 'f16', shape: [size / 2], data: { offset: 0, length: size } }]
})

const manifest: Manifest = {
  layout: 2,
  quantization: 'keep',
  config: {
    architecture: 'llama', hiddenSize: 8, intermediateSize: 8, layerCount: 8, headCount: 2, kvHeadCount: 1, headDim: 4, vocabSize: 10, contextLength: 100, normEpsilon: 1e-5,
    rope: { theta: 1, dimensions: 4, scaling: { type: 'none' } }, slidingWindow: [], tiedEmbedding: true, eosTokenIds: []
  },
  tokenizer: part(2),
  embedding: part(1000),
  layers: Array.from({ length: 8 }, () => part(6800)),
  head: part(200)
}
const model = { name: 'm', modelId: 'id', manifest, bytes: 0, complete: true, layersHere: 8 }
const layer = 6800 + 2 * 4 * 4 * 100

describe('what a span takes', () => {
  it('is its weights, and KV of one session at its longest', () => {
    assert.deepEqual(spanCosts(manifest, { compute: 'fast', kvType: 'f32', contextLength: 100 }), { layerBytes: Array.from({ length: 8 }, () => layer), embeddingBytes: 1000, headBytes: 1200 })
    assert.equal(spanWeightBytes(manifest, 'fast', { start: 0, end: 8 }), 8 * 6800 + 1200)
    assert.equal(spanWeightBytes(manifest, 'fast', { start: 2, end: 4 }), 2 * 6800)
    assert.equal(spanWeightBytes(manifest, 'exact', { start: 2, end: 4 }), 4 * 6800)
  })
  it('is bounded by --memory, or 70 % of what is free', () => {
    assert.equal(memoryBudget({}, 1000), 700)
    assert.equal(memoryBudget({ memory: { share: 0.5 } }, 1000), 500)
    assert.equal(memoryBudget({ memory: { bytes: 42 } }, 1000), 42)
  })
})

describe('the span a node serves', () => {
  /** Nodes on one table of claims, which they read and write as they would the DHT. */
  async function settle (count: number, budget: number, given?: Span): Promise<Span[]> {
    const table = new Map<string, NodeRecord>()
    const node = async (index: number): Promise<Span> => {
      const peerId = `peer-${index}`
      const nodes = (): NodeRecord[] => [...table.values()]
      let seed = index + 1
      return await settleSpan({
        peerId,
        swarm: { nodes, refresh: async () => await Promise.resolve({ nodes: nodes(), isWhole: true }) },
        random: () => (seed = seed * 16807 % 2147483647) / 2147483647,
        claim: async (span) => {
          await Promise.resolve()
          table.set(peerId, {
            peerId, name: '', version: '', device: { kind: '', label: '' }, memoryBytes: 0, numericClass: '', protocols: [], addresses: [], seq: 0n, expiresAtMs: 0,
            spans: [{ ...span, modelId: 'id', label: 'm', layerCount: 8, state: 'claiming', compute: 'fast', wires: [], freeSlots: {}, decodeMsPerToken: 0, prefillTokensPerSecond: 0, queueMs: 0, divisible: false }], offers: []
          })
        }
      }, { model, given, compute: 'fast', kvType: 'f32', contextLength: 100, budget, others: count > 1 ? 'joined' : 'none' })
    }
    return await Promise.all(Array.from({ length: count }, async (_, index) => await node(index)))
  }

  it('is the whole model where that fits and nobody else is there', async () => {
    assert.deepEqual(await settle(1, 1e9), [{ start: 0, end: 8 }])
  })

  it('covers the model when nodes start together, each with room for half', async () => {
    const spans = await settle(2, 4 * layer + 1200)
    assert.deepEqual(spans.map(({ start }) => start).sort(), [0, 4])
  })

  it('is what was given, if it fits', async () => {
    assert.deepEqual(await settle(1, 1e9, { start: 3, end: 5 }), [{ start: 3, end: 5 }])
    await assert.rejects(settle(1, 1e9, { start: 3, end: 9 }), { name: 'ConfigError', message: /past the end.*0:8/ })
    await assert.rejects(settle(1, 1e4, { start: 3, end: 5 }), { name: 'ConfigError', message: /--memory/ })
  })

  it('is refused where not one layer fits', async () => {
    await assert.rejects(settle(1, 1000), { name: 'ConfigError', message: /not even one layer/ })
  })
})
