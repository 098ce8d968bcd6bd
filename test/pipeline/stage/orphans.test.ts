import assert from 'node:assert/strict'
import { ORPHAN_MS } from '../../../protocols/ring/index.ts'
import { orphanNames, orphans, type Orphan } from '../../../src/pipeline/stage/orphans.ts'
import { replayPool } from '../../../src/pipeline/replay-buffer.ts'
import { keyHashOf } from '../../../src/pipeline/take-over.ts'
import { fakeRunner } from '../support/fake-model.ts'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.ts'
import type { Slot } from '../../../src/engine/index.ts'
import type { StagePlan } from '../../../src/pipeline/stage/stage-plan.ts'

const SESSION = new Uint8Array(16).fill(1)
const KEY = new Uint8Array(32).fill(2)
const MiB = 1024 * 1024

describe('what a session leaves whose coordinator is gone', () => {
  const runner = fakeRunner({ start: 2, end: 4 })
  let clock: VirtualClock
  let kept: ReturnType<typeof orphans>
  let dropped: number

  beforeEach(() => {
    clock = virtualClock()
    kept = orphans(clock)
    dropped = 0
  })
  afterEach(() => { assert.equal(runner.reserved, 0) })

  const plan = (changes: Partial<StagePlan> = {}): StagePlan =>
    ({ session: SESSION, modelId: 'm', runner, wire: 'f16', positions: 20, ropeVariant: 0, prefix: [], keyHash: keyHashOf(KEY), ...changes })
  const wanted = (changes: Partial<StagePlan> = {}): StagePlan => plan({ session: new Uint8Array(16).fill(3), takeOver: { session: SESSION, key: KEY }, ...changes })
  const leave = (settled = Promise.resolve(9), slot = runner.reserve(20)): Orphan => {
    const orphan = { plan: plan(), names: orphanNames(plan(), ['another']), slot, replay: replayPool({ bytesPerSession: MiB, bytes: MiB }).buffer(), settled }
    kept.add(orphan, () => { dropped++ })
    return orphan
  }

  it('is taken once, by whoever has the key', async () => {
    const left = leave()
    await left.settled
    const taken = kept.take(wanted())
    assert.equal(taken?.slot, left.slot)
    assert.equal(await taken.settled, 9)
    assert.deepEqual([kept.take(wanted()), runner.reserved, dropped], [undefined, 1, 1])
    left.slot.release()
    // nothing comes of the time it had
    await clock.advance(ORPHAN_MS + 1)
  })

  it('is taken while a run still writes into it', async () => {
    const { promise, resolve } = Promise.withResolvers<number>()
    const left = leave(promise)
    const taken = kept.take(wanted())
    assert.equal(taken?.slot, left.slot)
    resolve(7)
    assert.equal(await taken.settled, 7)
    assert.equal(runner.reserved, 1)
    left.slot.release()
  })

  const others: Array<[name: string, changes: Partial<StagePlan>]> = [
    ['another key', { takeOver: { session: SESSION, key: new Uint8Array(32) } }],
    ['another session', { takeOver: { session: new Uint8Array(16), key: KEY } }],
    ['another span', { runner: fakeRunner({ start: 0, end: 4 }) }],
    ['another runner of the same span', { runner: fakeRunner({ start: 2, end: 4 }) }],
    ['another model', { modelId: 'n' }],
    ['another wire', { wire: 'f32' }],
    ['another rotation', { ropeVariant: 1 }],
    ['more positions', { positions: 21 }],
    ['fewer', { positions: 19 }]
  ]
  for (const [name, changes] of others) {
    it(`is not taken for ${name}`, async () => {
      const left = leave()
      await left.settled
      assert.equal(kept.take(wanted(changes)), undefined)
      assert.equal(kept.take(wanted())?.slot, left.slot)
      left.slot.release()
    })
  }

  it('is forgotten after its time, when its memory is needed, when it is left anew, and at the end', async () => {
    await leave().settled
    await clock.advance(ORPHAN_MS + 1)
    assert.deepEqual([kept.take(wanted()), dropped], [undefined, 1])

    let evict: (() => void) | undefined
    const evictable: Slot = { ...runner.reserve(20), park (evicted) { evict = evicted } }
    await leave(Promise.resolve(1), evictable).settled
    evict?.()
    assert.deepEqual([kept.take(wanted()), dropped], [undefined, 2])

    await leave().settled
    const second = leave()
    assert.equal(dropped, 3)
    assert.equal(kept.take(wanted())?.slot, second.slot)
    second.slot.release()

    await leave().settled
    kept.clear()
    assert.deepEqual([kept.take(wanted()), dropped], [undefined, 5])
  })

  it('gives way where there are too many', () => {
    let released = 0
    const slot: Slot = { capacity: 20, filled: 0, release () { released++ }, park () { /* it stays */ }, resume: () => true }
    for (let index = 0; index < 65; index++) {
      kept.add({ plan: plan(), names: [`${index}`], slot, replay: replayPool({ bytesPerSession: MiB, bytes: MiB }).buffer(), settled: Promise.resolve(1) }, () => { dropped++ })
    }
    assert.deepEqual([dropped, released], [1, 1])
    kept.clear()
    assert.deepEqual([dropped, released], [65, 65])
  })

  it('has a name of its own, and those of what it went on from, the newest four', () => {
    const names = [1, 2, 3, 4, 5].reduce<readonly string[]>((before, fill) => orphanNames(plan({ session: new Uint8Array(16).fill(fill) }), before), ['a', 'b'])
    assert.equal(new Set(names).size, 4)
    assert.ok(!names.includes('a') && !names.includes('b'))
    assert.equal(new Set(orphanNames(plan(), ['a'])).size, 2)
    const { keyHash, ...without } = plan()
    assert.ok(keyHash !== undefined)
    assert.deepEqual(orphanNames(without, ['a']), ['a'])
  })

  it('is forgotten where its slot is somebody\'s by now', async () => {
    const slot: Slot = { ...runner.reserve(20), resume: () => false }
    await leave(Promise.resolve(1), slot).settled
    assert.deepEqual([kept.take(wanted()), dropped], [undefined, 1])
  })
})
