import assert from 'node:assert/strict'
import { exchange } from '../../src/client/exchange.ts'
import { memoryLinkPair } from '../../src/p2p/index.ts'

describe('a question to one coordinator', () => {
  it('is lost, to be asked of another one, where the link ended before it was asked', async () => {
    for (const told of [false, true]) {
      const [near, far] = memoryLinkPair({ protocol: '/shoal/test/1.0.0', peers: ['client', 'coordinator'] })
      far.abort(new Error('killed'))
      if (told) await new Promise((resolve) => { setTimeout(resolve, 0) })
      const answer = exchange(near, { modelId: 'any', prompt: { kind: 'ids', ids: [1] }, maxTokens: 1, stop: [], sampling: {} }, { signal: undefined, silenceMs: 1000, isAlone: () => false })
      await assert.rejects(answer.next(), { name: 'PeerFaultError', peerId: 'coordinator' })
    }
  })
})
