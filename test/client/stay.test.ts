import assert from 'node:assert/strict'
import { stay, type Stay } from '../../src/client/stay.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

describe('a visitor that stays in a swarm', () => {
  let nowMs: number
  let connections: number
  let nodes: NodeRecord[]
  let joins: string[]
  let refreshes: number
  /** Who answers. */
  let reachable: (target: string) => boolean
  let visitor: Stay
  const record = (addresses: string[]): NodeRecord => ({ addresses } as Partial<NodeRecord> as NodeRecord) // all that is looked at

  beforeEach(() => {
    [nowMs, connections, nodes, joins, refreshes, reachable] = [0, 1, [], [], 0, () => false]
    visitor = stay({
      host: {
        async join (target) {
          joins.push(target)
          if (!reachable(target)) return await Promise.reject(new Error('nobody is there'))
          connections++
          return 'peer'
        }
      },
      swarm: {
        nodes: () => nodes,
        async refresh () {
          refreshes++
          return await Promise.resolve({ nodes: [], isWhole: true })
        }
      },
      connections: () => connections,
      now: () => nowMs
    }, { bootstrap: ['first'], everyMs: 100_000, refreshMs: 60_000 })
  })
  afterEach(() => { visitor.stop() })

  it('reads records anew before they expire, whatever gossip brings', async () => {
    for (; nowMs <= 150_000; nowMs += 10_000) await visitor.look()
    assert.deepEqual([refreshes, joins], [2, []])
  })

  it('joins again when it is alone, also at nodes that it has seen since, and reads at once who is there', async () => {
    nodes = [record(['/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEhBZTHNinv2xXxfMrmjRHHE38EtT2E5421GjTZJ9zi9Q'])]
    await visitor.look()
    nodes = []
    connections = 0
    reachable = (target) => target !== 'first'
    await visitor.look()
    assert.equal(joins.length, 2)
    assert.deepEqual([connections, refreshes], [1, 1])
  })

  it('tries ever more seldom while nobody answers, and loses nothing by it', async () => {
    connections = 0
    const tried: number[] = []
    for (; nowMs < 1_000_000; nowMs += 50_000) {
      const before = joins.length
      await visitor.look()
      if (joins.length > before) tried.push(nowMs)
    }
    assert.ok(tried.length > 5 && tried.every((at, index) => index === 0 || at - (tried[index - 1] ?? 0) <= 100_000), tried.join())
    assert.equal(refreshes, 0)
    reachable = () => true
    await visitor.look()
    assert.deepEqual([connections, refreshes], [1, 1])
  })
})
