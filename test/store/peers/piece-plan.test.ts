import assert from 'node:assert/strict'
import fc from 'fast-check'
import { piecePlan } from '../../../src/store/peers/piece-plan.ts'

const none = (count: number): boolean[] => new Array<boolean>(count).fill(false)

describe('the plan of pieces', () => {
  it('asks for the blob that fewest have, and ends a begun one before it begins another', () => {
    const plan = piecePlan([none(2), none(2), none(2)])
    plan.offer('a', new Set([0, 1, 2]))
    plan.offer('b', new Set([0, 2]))
    assert.deepEqual(plan.next('a', 0), { blob: 1, piece: 0 })
    assert.deepEqual(plan.next('b', 0), { blob: 0, piece: 0 })
    assert.deepEqual(plan.next('a', 0), { blob: 1, piece: 1 })
    assert.deepEqual(plan.next('a', 0), { blob: 0, piece: 1 })
    assert.deepEqual(plan.next('b', 0), { blob: 2, piece: 0 })
  })

  it('asks a second source for the piece that has been under way the longest, and no third', () => {
    const plan = piecePlan([none(2)])
    for (const source of ['a', 'b', 'c']) plan.offer(source, new Set([0]))
    assert.deepEqual(plan.next('a', 0), { blob: 0, piece: 0 })
    assert.deepEqual(plan.next('a', 0), { blob: 0, piece: 1 })
    assert.deepEqual(plan.next('b', 0), { blob: 0, piece: 0 })
    assert.deepEqual(plan.next('c', 0), { blob: 0, piece: 1 })
    assert.equal(plan.next('b', 0), undefined)
  })

  it('asks a third and a fourth source for a piece that is late, one at a time, and helps first where one is alone', () => {
    const plan = piecePlan([none(2)], { lateMs: 1000 })
    for (const source of ['a', 'b', 'c', 'd']) plan.offer(source, new Set([0]))
    plan.next('a', 0)
    plan.next('a', 0)
    assert.deepEqual(plan.next('b', 100), { blob: 0, piece: 0 })
    assert.deepEqual(plan.next('c', 5000), { blob: 0, piece: 1 }, 'nobody helps with that yet')
    assert.deepEqual(plan.next('c', 5000), { blob: 0, piece: 0 }, 'two are late with that')
    assert.equal(plan.next('d', 5999), undefined)
    assert.deepEqual(plan.next('d', 6000), { blob: 0, piece: 1 })
    assert.deepEqual(plan.next('d', 6000), { blob: 0, piece: 0 })
    assert.equal(plan.next('d', 60_000), undefined, 'nobody is asked twice')
  })

  it('asks others for what a source that is gone owed', () => {
    const plan = piecePlan([none(3)])
    plan.offer('a', new Set([0]))
    plan.next('a', 0)
    plan.next('a', 0)
    plan.gone('a')
    assert.deepEqual(plan.orphans(), [0])
    plan.offer('b', new Set([0]))
    assert.deepEqual([plan.next('b', 0), plan.next('b', 0), plan.next('b', 0)].map((ref) => ref?.piece).toSorted(), [0, 1, 2])
  })

  it('gives a whole blob away only where nobody was asked for any of it', () => {
    const plan = piecePlan([none(2), [true, false]])
    plan.offer('a', new Set([0]))
    const ref = plan.next('a', 0)
    assert.ok(ref)
    assert.equal(plan.takeBlob('hub', 0, 0), false)
    plan.release('a', ref)
    assert.equal(plan.takeBlob('hub', 0, 0), true)
    assert.equal(plan.takeBlob('hub', 1, 0), true)
    assert.equal(plan.next('a', 0)?.blob, 0, 'a peer may help with what the hub is slow with')
  })

  it('loses no piece and counts none twice, whatever sources come, fail and go', () => {
    const step = fc.record({ source: fc.constantFrom('a', 'b', 'c'), act: fc.constantFrom('next', 'done', 'release', 'gone', 'offer'), pick: fc.nat(20) })
    fc.assert(fc.property(fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }), fc.array(step, { maxLength: 60 }), (have, steps) => {
      const plan = piecePlan(have)
      const all = new Set(have.keys())
      const missing = new Set(have.flatMap((pieces, blob) => pieces.flatMap((here, piece) => (here ? [] : [`${blob}:${piece}`]))))
      const owed = new Map<string, Array<{ blob: number, piece: number }>>()
      for (const [step, { source, act, pick }] of steps.entries()) {
        const own = owed.get(source) ?? []
        const ref = own[pick % Math.max(1, own.length)]
        if (act === 'offer') plan.offer(source, all)
        if (act === 'gone') {
          plan.gone(source)
          owed.set(source, [])
        }
        if (act === 'next') {
          const next = plan.next(source, step * 1000)
          if (next !== undefined) {
            assert.ok(missing.has(`${next.blob}:${next.piece}`), 'asks only for what is missing')
            owed.set(source, [...own, next])
          }
        }
        if (ref !== undefined && (act === 'done' || act === 'release')) {
          owed.set(source, own.filter((one) => one !== ref))
          if (act === 'done') assert.equal(plan.done(ref), missing.delete(`${ref.blob}:${ref.piece}`))
          else plan.release(source, ref)
        }
        assert.equal(plan.left, missing.size)
      }
      for (const source of ['a', 'b', 'c']) plan.gone(source)
      plan.offer('d', all)
      for (let ref = plan.next('d', 1e6); ref !== undefined; ref = plan.next('d', 1e6)) assert.equal(plan.done(ref), missing.delete(`${ref.blob}:${ref.piece}`))
      assert.equal(missing.size, 0)
      assert.equal(plan.left, 0)
    }), { numRuns: 2000 })
  })
})
