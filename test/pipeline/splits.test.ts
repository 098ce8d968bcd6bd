import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HIDDEN, LAYERS, greedy } from './support/fake-model.ts'
import { fakeSwarm, tokensOf } from './support/fake-swarm.ts'

const spansOf = (cuts: readonly number[], peers: readonly string[]): Array<[string, number, number]> => {
  const bounds = [0, ...new Set([...cuts].sort((a, b) => a - b)), LAYERS]
  return bounds.slice(1).map((end, index) => [peers[index % peers.length] ?? 'a', bounds[index] ?? 0, end])
}

describe('a ring', () => {
  it('gives the tokens of the unsplit model, however it is split, over however many peers, on every wire, in chunks of any size', async () => {
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: LAYERS - 1 })), fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.constantFrom('f16', 'f32'),
      fc.array(fc.nat(63), { minLength: 1, maxLength: 40 }), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 0, max: 15 }),
      async (cuts, peers, local, wire, ids, chunkRows, maxTokens) => {
        const swarm = await fakeSwarm({ spans: spansOf(cuts, ['a', 'b', 'x', 'y'].slice(0, peers)), local, coordinator: { chunkRows } })
        const events = await swarm.ask({ prompt: { kind: 'ids', ids }, maxTokens, wire })
        assert.deepEqual(tokensOf(events), await greedy(ids, maxTokens))
        await swarm.clock.advance(2000)
        assert.deepEqual(swarm.nodes.map(({ runner, server }) => [runner.reserved, server.sessions]), swarm.nodes.map(() => [0, 0]))
      }), { numRuns: 60 })
  })

  it('sends two bytes a value and 26 a row from stage to stage, and 28 bytes a token back to the head', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6]] })
    const sent = async (maxTokens: number): Promise<number[]> => {
      const before = swarm.network.links.length
      await swarm.ask({ maxTokens })
      await swarm.clock.advance(2000)
      const data = swarm.network.links.slice(before).filter(({ from }) => from !== 'c')
      return ['a', 'b', 'x'].map((peer) => data.find(({ from }) => from === peer)?.ends[0].sentBytes ?? 0)
    }
    const [few, many] = [await sent(10), await sent(20)]
    assert.deepEqual(many.map((bytes, index) => (bytes - (few[index] ?? 0)) / 10), [2 * HIDDEN + 26, 2 * HIDDEN + 26, 28])
  })
})
