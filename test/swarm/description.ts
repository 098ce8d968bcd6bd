import type { NodeDescription } from '../../src/swarm/index.ts'

export const MODEL = 'baguqeeratestmodel'

/** A node of a small model of 8 layers. */
export const description = (name: string, start = 0, end = 4): NodeDescription => ({
  name,
  version: '0.1.0',
  device: { kind: 'cpu', label: 'a processor' },
  memoryBytes: 8e9,
  numericClass: 'ort-1.30.0/cpu/avx2',
  protocols: ['/shoal/ring/1.0.0'],
  addresses: ['/ip4/127.0.0.1/tcp/1'],
  spans: [{
    modelId: MODEL, label: 'atlas', layerCount: 8, start, end, state: 'online', compute: 'fast', wires: ['f16', 'f32'],
    freeSlots: { 512: 4 }, decodeMsPerToken: 2, prefillTokensPerSecond: 300, queueMs: 0, divisible: false
  }],
  offers: []
})
