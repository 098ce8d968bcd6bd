import assert from 'node:assert/strict'
import fc from 'fast-check'
import { queue, type Place } from '../../src/gateway/queue.ts'

const turnOf = async (place: Place): Promise<void> => {
  while (place.position > 0) await place.moved(place.position)
}

describe('a line', () => {
  it('lets so many in and tells the others how many are before them', async () => {
    const line = queue({ atOnce: 2, waiting: 3 })
    const places = [1, 2, 3, 4].map(() => line.join())
    assert.deepEqual(places.map(({ position }) => position), [0, 0, 1, 2])
    assert.deepEqual([line.running, line.waiting], [2, 2])
    const moved = places[3]?.moved(2)
    places[0]?.leave()
    await moved
    assert.deepEqual(places.map(({ position }) => position), [0, 0, 0, 1])
  })

  it('lets those with priority go before', async () => {
    const line = queue({ atOnce: 1, waiting: 9 })
    const first = line.join()
    const usual = line.join()
    const moved = usual.moved(1)
    const [one, two] = [line.join({ priority: true }), line.join({ priority: true })]
    await moved
    assert.deepEqual([one, two, usual].map(({ position }) => position), [1, 2, 3])
    first.leave()
    one.again(60_000)
    assert.deepEqual([one, two, usual].map(({ position }) => position), [1, 2, 3])
    line.close()
  })

  it('lets few begin at once', () => {
    const line = queue({ atOnce: 9, waiting: 9, beginning: 2 })
    const [a, b, c, d] = [line.join(), line.join(), line.join(), line.join()]
    const positions = (): number[] => [a, b, c, d].map(({ position }) => position)
    assert.deepEqual(positions(), [0, 0, 1, 2])
    a.taken()
    assert.deepEqual(positions(), [0, 0, 0, 1])
    b.leave()
    assert.equal(d.position, 0)
    assert.equal(line.join().position, 1)
  })

  it('is full at its bound, but for what was let in already', () => {
    const line = queue({ atOnce: 1, waiting: 1 })
    line.join()
    line.join()
    assert.throws(() => line.join(), (error: Error & { status?: number, retryAfterS?: number }) => error.status === 429 && Number(error.retryAfterS) >= 1)
    assert.equal(line.join({ beyondBound: true }).position, 2)
  })

  it('forgets who leaves it', async () => {
    const line = queue({ atOnce: 1, waiting: 9 })
    const [first, second, third] = [line.join(), line.join(), line.join()]
    const moved = third.moved(2)
    second.leave()
    second.leave()
    await moved
    assert.equal(third.position, 1)
    first.leave()
    assert.equal(third.position, 0)
    assert.deepEqual([line.running, line.waiting], [1, 0])
  })

  it('ends the wait of who is told to', async () => {
    const line = queue({ atOnce: 1, waiting: 9 })
    line.join()
    const reason = new Error('gone')
    await assert.rejects(line.join().moved(1, { signal: AbortSignal.abort(reason) }), reason)
  })

  it('sends away who waits and who comes when it closes, and nobody who has a turn', async () => {
    const line = queue({ atOnce: 1, waiting: 9 })
    const first = line.join()
    const second = line.join()
    const moved = second.moved(1)
    line.close()
    await assert.rejects(moved, { status: 503 })
    assert.throws(() => line.join(), { status: 503 })
    assert.equal(first.position, 0)
  })

  it('puts who found no room back where it stood, and lets one in for each that leaves', () => {
    const line = queue({ atOnce: 9, waiting: 9 })
    const [a, b, c] = [line.join(), line.join(), line.join()]
    c.again(60_000)
    b.again(60_000)
    assert.deepEqual([a, b, c].map(({ position }) => position), [0, 1, 2])
    // whoever comes now waits behind them
    const d = line.join()
    assert.equal(d.position, 3)
    a.leave()
    assert.deepEqual([b, c, d].map(({ position }) => position), [0, 1, 2])
    b.taken()
    assert.equal(c.position, 1, 'one for one, as nothing says that there is room for more')
    c.leave()
    d.leave()
    assert.equal(line.join().position, 0, 'nobody waits: it looks anew')
    line.close()
  })

  it('looks now and then whether there is room again, and goes on as long as there is', async () => {
    const line = queue({ atOnce: 9, waiting: 9 })
    const [a, b, c] = [line.join(), line.join(), line.join()]
    for (const place of [a, b, c]) place.again(1)
    await turnOf(a)
    assert.equal(b.position, 1, 'one looks, not all')
    a.taken()
    assert.equal(b.position, 0)
    b.again(1)
    await turnOf(b)
    b.taken()
    assert.equal(c.position, 0)
    line.close()
  })

  it('never has more at once than it may, and serves in order, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('join' as const) }),
      fc.record({ kind: fc.constantFrom('leave' as const, 'again' as const, 'taken' as const), at: fc.nat(20) })
    )
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (atOnce, waiting, beginning, steps) => {
      const line = queue({ atOnce, waiting, beginning })
      const places: Place[] = []
      for (const next of steps) {
        if (next.kind === 'join') {
          try {
            places.push(line.join())
          } catch {
            assert.ok(line.waiting >= waiting)
          }
        } else {
          const at = next.at % Math.max(1, places.length)
          const place = places[at]
          if (next.kind === 'leave') {
            place?.leave()
            places.splice(at, 1)
          } else if (next.kind === 'again') place?.again(60_000)
          else place?.taken()
        }
        assert.ok(line.running <= atOnce)
        assert.equal(line.running, places.filter(({ position }) => position === 0).length)
        const waits = places.filter(({ position }) => position > 0).map(({ position }) => position)
        assert.deepEqual(waits, waits.map((_, index) => index + 1), 'positions follow the order of coming')
      }
      for (const place of places.splice(0)) place.leave()
      assert.deepEqual([line.running, line.waiting], [0, 0])
      line.close()
    }))
  })
})
