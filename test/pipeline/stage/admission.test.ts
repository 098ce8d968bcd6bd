import assert from 'node:assert/strict'
import { Busy, RingType } from '../../../protocols/ring/index.ts'
import { rawStage, type RawLink } from '../support/raw-stage.ts'
import { settle } from '../support/virtual-clock.ts'

const busy = (link: RawLink): Busy | undefined => link.of(RingType.busy).map(({ payload }) => Busy.decode(payload))[0]
const isReady = (link: RawLink): boolean => link.of(RingType.ready).length === 1
const session = (fill: number) => ({ session: new Uint8Array(16).fill(fill) })

describe('places on a stage', () => {
  for (const [who, first] of [['a peer that is preferred', 'friend'], ['this node itself', 'm']] as const) {
    it(`are made for ${who}: the youngest session of another is asked to go, and the next place is kept`, async () => {
      const stage = await rawStage(undefined, { maxSessions: 2, prefer: ['friend'] })
      const [old, young] = [await stage.open(session(1), 'a'), await stage.open(session(2), 'b')]
      const refused = await stage.open(session(3), first)
      assert.equal(busy(refused)?.retryAfterMs, 250)
      assert.deepEqual([old, young].map((link) => link.of(RingType.leaving).length), [0, 1])
      await young.link.close()
      await settle()
      assert.match(busy(await stage.open(session(4), 'a'))?.message ?? '', /kept/)
      assert.ok(isReady(await stage.open(session(3), first)))
      await old.link.close()
      await settle()
      assert.ok(isReady(await stage.open(session(4), 'a')))
    })
  }

  it('are made where there is no slot, too, and kept for a while only', async () => {
    const stage = await rawStage(undefined, { prefer: ['friend'] })
    const young = await stage.open(session(1), 'a')
    stage.runner.refusal = Object.assign(new Error('all 4 slots are taken'), { name: 'NoCapacityError' })
    assert.equal(busy(await stage.open(session(2), 'friend'))?.retryAfterMs, 250)
    assert.equal(young.of(RingType.leaving).length, 1)
    stage.runner.refusal = undefined
    assert.ok(busy(await stage.open(session(3), 'b')) !== undefined)
    await stage.clock.advance(10_001)
    assert.ok(isReady(await stage.open(session(3), 'b')))
  })

  it('are made by no session of one that comes first itself, nor for anybody else', async () => {
    const stage = await rawStage(undefined, { maxSessions: 1, prefer: ['friend', 'other'] })
    const own = await stage.open(session(1), 'friend')
    assert.ok(busy(await stage.open(session(2), 'other')) !== undefined)
    assert.equal(own.of(RingType.leaving).length, 0)
    const crowded = await rawStage(undefined, { maxSessions: 1, prefer: ['friend'] })
    const stranger = await crowded.open(session(1), 'a')
    assert.ok(busy(await crowded.open(session(2), 'b')) !== undefined)
    assert.equal(stranger.of(RingType.leaving).length, 0)
  })

  it('are bounded for each peer, but not for one that comes first', async () => {
    const stage = await rawStage(undefined, { maxSessionsPerPeer: 1, prefer: ['friend'] })
    for (const peer of ['a', 'friend']) assert.ok(isReady(await stage.open(session(peer.length), peer)))
    assert.ok(busy(await stage.open(session(20), 'a')) !== undefined)
    assert.ok(isReady(await stage.open(session(21), 'friend')))
  })

  it('are for so many tokens a minute of one peer; what a session reserved and did not use is given back', async () => {
    const stage = await rawStage(undefined, { tokensPerMinutePerPeer: 60, prefer: ['friend'] })
    const open = async (fill: number, peer = 'a') => await stage.open({ ...session(fill), positions: 40 }, peer)
    const [one, two] = [await open(1), await open(2)]
    assert.ok(isReady(one) && isReady(two))
    const refused = busy(await open(3))
    assert.match(refused?.message ?? '', /tokens/)
    assert.equal(refused?.retryAfterMs, 20_000)
    assert.ok(isReady(await open(4, 'b')))
    assert.ok(isReady(await open(5, 'friend')))
    await two.link.close()
    await settle()
    assert.ok(isReady(await open(6)))
  })
})
