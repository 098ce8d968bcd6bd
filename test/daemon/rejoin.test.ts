import assert from 'node:assert/strict'
import { joinedDuring } from '../support/signals.ts'
import { rejoin, type Rejoin, type RejoinComponents } from '../../src/daemon/rejoin.ts'

interface World {
  monotonicMs: number
  sleptMs: number
  neighbours: string[]
  /** Of those, who answers a ping. */
  awake: Set<string>
  /** Targets that answer, and who they are. */
  reachable: Map<string, string>
  known: string[]
  readonly dialled: string[]
  readonly dropped: string[]
  back: number
}

function world (join: readonly string[] = ['bootstrap']): { world: World, node: Rejoin, pass (ms: number): Promise<void> } {
  const made: World = { monotonicMs: 0, sleptMs: 0, neighbours: ['a'], awake: new Set(['a']), reachable: new Map(), known: [], dialled: [], dropped: [], back: 0 }
  const components: RejoinComponents = {
    wallMs: () => 1e12 + made.monotonicMs + made.sleptMs,
    monotonicMs: () => made.monotonicMs,
    random: () => 1,
    neighbours: async () => await Promise.resolve(made.neighbours),
    ping: async (peer) => { await (made.awake.has(peer) ? Promise.resolve() : Promise.reject(new Error('no answer'))) },
    drop: (peer) => {
      made.dropped.push(peer)
      made.neighbours = made.neighbours.filter((other) => other !== peer)
    },
    join: async (target) => {
      made.dialled.push(target)
      const peer = made.reachable.get(target)
      if (peer === undefined) throw new Error('nobody there')
      made.neighbours = [peer]
      return await Promise.resolve(peer)
    },
    known: () => made.known,
    back: async () => {
      made.back++
      await Promise.resolve()
    },
    log () { /* nobody reads */ }
  }
  const node = rejoin(components, { join, everyMs: 2000, lateMs: 5000 })
  return {
    world: made,
    node,
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += 2000) {
        made.monotonicMs += 2000
        await node.look()
      }
    }
  }
}

describe('rejoining', () => {
  it('leaves a node alone that has neighbours', async () => {
    const { world: all, pass } = world()
    await pass(60_000)
    assert.deepEqual([all.dialled, all.back], [[], 0])
  })

  it('dials whom it joined when every connection is lost, and says that it is back', async () => {
    const { world: all, pass } = world()
    await pass(2000)
    all.neighbours = []
    all.reachable.set('bootstrap', 'b')
    await pass(2000)
    assert.deepEqual([all.dialled, all.neighbours, all.back], [['bootstrap'], ['b'], 1])
    await pass(60_000)
    assert.deepEqual([all.dialled.length, all.back], [1, 1])
  })

  it('dials whom it last saw, too', async () => {
    const { world: all, pass } = world([])
    all.known = ['c', 'd']
    await pass(2000)
    all.neighbours = []
    all.known = []
    all.reachable.set('d', 'd')
    await pass(2000)
    assert.deepEqual([all.dialled, all.back], [['c', 'd'], 1])
  })

  it('asks more and more seldom while nobody answers, at last once a minute', async () => {
    const { world: all, pass } = world()
    all.neighbours = []
    const atMs: number[] = []
    for (let look = 0; look < 200; look++) {
      const before = all.dialled.length
      await pass(2000)
      if (all.dialled.length > before) atMs.push(all.monotonicMs)
    }
    assert.deepEqual(atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0)).slice(0, 8), [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('asks at once when it comes back from a sleep', async () => {
    const { world: all, pass } = world()
    all.neighbours = []
    await pass(100_000)
    const before = all.dialled.length
    all.sleptMs += 3_600_000
    await pass(2000)
    assert.equal(all.dialled.length, before + 1)
  })

  it('drops connections that did not live through a sleep, and says that it is back where others did', async () => {
    const { world: all, pass } = world()
    await pass(2000)
    all.neighbours = ['a', 'b']
    all.awake = new Set(['b'])
    all.sleptMs += 60_000
    await pass(2000)
    assert.deepEqual([all.dropped, all.neighbours, all.dialled, all.back], [['a'], ['b'], [], 1])
  })

  it('counts as back a node that others have found', async () => {
    const { world: all, pass } = world([])
    all.neighbours = []
    await pass(4000)
    all.neighbours = ['a']
    await pass(4000)
    assert.deepEqual([all.dialled, all.back], [[], 1])
  })

  it('looks once at a time', async () => {
    const { world: all, node } = world()
    all.neighbours = []
    await Promise.all([node.look(), node.look()])
    assert.equal(all.dialled.length, 1)
  })

  it('leaves nothing of its tries in what lives as long as the node', async () => {
    const joined = await joinedDuring(async () => {
      const { world: all, pass } = world()
      all.neighbours = []
      await pass(10 * 60_000)
      assert.ok(all.dialled.length > 5)
    })
    assert.equal(joined, 0)
  })
})
