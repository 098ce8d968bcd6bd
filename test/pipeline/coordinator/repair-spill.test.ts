import assert from 'node:assert/strict'
import { spillFile, type SpillFile } from '../../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../../support/shoal.ts'
import { SPARES, PROMPT, fakeSwarm, disturbed, withTime, repairs, nothingHeld, slow } from '../support/disturbed.ts'
import { greedy } from '../support/fake-model.ts'
import { tokensOf, type FakeSwarm } from '../support/fake-swarm.ts'
import { watchedSpill, type WatchedSpill } from '../support/watched-spill.ts'

describe('a session that loses a stage, with little memory for what it sent', () => {
  /** 32 rows, of 48 that were sent when a stage is lost. */
  const server = { replayBytesPerSession: 320 }
  let file: SpillFile
  let spill: WatchedSpill
  beforeEach(async () => {
    file = await spillFile(await temporaryFolder(), { limitBytes: 1e8 })
    spill = watchedSpill(file)
  })
  afterEach(async () => { await file.close() })
  after(removeFolders)

  const runsOf = (swarm: FakeSwarm, peerId: string): number => swarm.nodes.find((node) => node.peerId === peerId)?.runner.runs.length ?? 0

  for (const [lost, before] of [['b', ['a']], ['x', ['a', 'b']]] as const) {
    it(`sends again from the disk when ${lost} dies, and ${before.join(' and ')} compute nothing anew`, async () => {
      const maxTokens = 60
      const after = 40
      const swarm = await fakeSwarm({ ...SPARES, server, spill })
      slow(swarm)
      let had: number[] = []
      const events = await withTime(swarm, disturbed(swarm, after, () => {
        had = before.map((peerId) => runsOf(swarm, peerId))
        swarm.network.kill(lost)
      }, { maxTokens }), spill)
      assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
      assert.ok(spill.reads > 0)
      for (const [index, peerId] of before.entries()) {
        const more = runsOf(swarm, peerId) - (had[index] ?? 0)
        assert.ok(more <= maxTokens - after + 2, `${peerId} ran ${more} times`)
      }
      await nothingHeld(swarm, [lost])
      // a write to the real disk that was under way gives its room back when it has ended
      for (let turn = 0; file.usedBytes > 0 && turn < 500; turn++) await new Promise((resolve) => { setTimeout(resolve, 10) })
      assert.equal(file.usedBytes, 0)
    })
  }

  it('forgets without a spill, and computes anew', async () => {
    const maxTokens = 60
    const swarm = await fakeSwarm({ ...SPARES, server })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 40, () => { swarm.network.kill('b') }, { maxTokens }))
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    assert.ok(runsOf(swarm, 'a') > maxTokens + 40)
  })

  it('goes on with the same stages when the disk fails, computes anew what was forgotten, and nobody is lost by that', async () => {
    const maxTokens = 60
    const swarm = await fakeSwarm({ ...SPARES, server, spill })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 40, () => {
      spill.instead.read = 'failed'
      swarm.network.kill('b')
    }, { maxTokens }), spill)
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    const [repaired, ...more] = repairs(events)
    assert.deepEqual([repaired?.lost.map(({ peerId }) => peerId), repaired?.route.map(({ peerId }) => peerId), more], [['b'], ['a', 'b2', 'x'], []])
    assert.ok(spill.reads > 0 && runsOf(swarm, 'a') > maxTokens + 40)
    await nothingHeld(swarm, ['b'])
    assert.equal(file.usedBytes, 0)
  })

  it('feeds standbys from the disk', async () => {
    const maxTokens = 120
    const swarm = await fakeSwarm({ ...SPARES, coordinator: { standbyFrom: 80 }, server, spill })
    slow(swarm)
    const events = await withTime(swarm, disturbed(swarm, 110, () => { swarm.network.kill('b') }, { maxTokens }), spill)
    assert.deepEqual(tokensOf(events), await greedy(PROMPT, maxTokens))
    const [repaired] = repairs(events)
    assert.ok((repaired?.replayed ?? Infinity) <= 64 + 2 && spill.reads > 0, `${repaired?.replayed} positions`)
    await nothingHeld(swarm, ['b'])
    assert.equal(file.usedBytes, 0)
  })
})
