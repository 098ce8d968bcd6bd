import assert from 'node:assert/strict'
import { roundTrips } from '../../src/swarm/round-trips.ts'
import { joinedDuring } from '../support/signals.ts'

describe('round trips', () => {
  it('are measured again and again, averaged, and forgotten with their peer', async () => {
    let peers = ['a', 'b']
    const answers = [10, 20, 20]
    const seen: Array<number | undefined> = []
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const trips = roundTrips(async (peerId) => {
      if (peerId === 'b') throw new Error('no answer')
      seen.push(trips.of('a'))
      const ms = answers.shift()
      if (ms == null) {
        peers = ['b']
        return await Promise.resolve(0)
      }
      return await Promise.resolve(ms)
    }, { everyMs: 1, lookMs: 1 })
    trips.start(() => {
      if (peers.length === 1 && trips.of('a') == null) resolve(undefined)
      return peers
    })
    await promise
    trips.stop()
    assert.deepEqual(seen.map((ms) => ms == null ? undefined : Math.round(ms * 10) / 10), [undefined, 10, 13, 15.1])
    assert.equal(trips.of('b'), undefined)
  })

  it('are measured a few at a time', async () => {
    let open = 0
    let most = 0
    let total = 0
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const trips = roundTrips(async () => {
      most = Math.max(most, ++open)
      await new Promise((go) => { setImmediate(go) })
      open--
      if (++total === 40) resolve(undefined)
      return 1
    }, { lookMs: 1 })
    trips.start(() => Array.from({ length: 40 }, (_, index) => `peer ${index}`))
    await promise
    trips.stop()
    assert.ok(most <= 4)
  })

  it('leave nothing of themselves in what lives as long as the node', async () => {
    const joined = await joinedDuring(async () => {
      let left = 40
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const trips = roundTrips(async () => {
        if (--left === 0) resolve(undefined)
        return await Promise.resolve(1)
      }, { everyMs: 0, lookMs: 1 })
      trips.start(() => ['a', 'b'])
      await promise
      trips.stop()
    })
    assert.equal(joined, 0)
  })
})
