import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { groups } from '../../src/engine/groups.ts'
import { pace, type Pace } from '../../src/engine/pace.ts'
import { scheduler, type Scheduler, type Work } from '../../src/engine/scheduler.ts'

interface FakeWork extends Work<string> {
  readonly name: string
}

interface Run {
  readonly kind: 'decode' | 'prefill'
  readonly names: readonly string[]
  readonly rows: number
}

/** A span whose runs take as long as they would: time goes on only by them. */
function fakeSpan ({ decodeMs = 10, rowMs = 1, runMs = 0 } = {}): { schedule: Scheduler<FakeWork>, runs: Run[], time: () => number, fail: (name: string) => void } {
  let time = 0
  const runs: Run[] = []
  const failing = new Set<string>()
  const run = async (kind: Run['kind'], works: readonly FakeWork[], rows: number, ms: number): Promise<void> => {
    await nextTurn()
    time += ms
    runs.push({ kind, names: works.map(({ name }) => name), rows })
    if (works.some(({ name }) => failing.has(name))) throw new Error('broken')
  }
  const schedule = scheduler<string, FakeWork>({
    decode: (works) => run('decode', works, works.length, decodeMs),
    prefill: (work, first, end) => run('prefill', [work], end - first, runMs + (end - first) * rowMs)
  }, { maxRows: Infinity, maxGap: 3, bridges: () => true, now: () => time })
  return { schedule, runs, time: () => time, fail: (name) => failing.add(name) }
}

let places = 0
const work = (name: string, rows = 1, turns = 1, place = places++): FakeWork => ({ name, rows, turns, variant: 0, slot: { slab: 'one', place: place % 16 } })

describe('groups', () => {
  it('puts each place in one group, bridges no more than it may, and nothing that it must not', () => {
    const ready = fc.uniqueArray(fc.record({ slab: fc.constantFrom('a', 'b'), place: fc.nat(20) }), { selector: ({ slab, place }) => `${slab}${place}`, maxLength: 20 })
    fc.assert(fc.property(ready, fc.nat(4), fc.array(fc.nat(20)), (members, maxGap, barred) => {
      const made = groups(members, { maxGap, bridges: (_slab, place) => !barred.includes(place) })
      assert.deepEqual(new Set(made.flatMap((group) => group.members)), new Set(members))
      for (const { slab, first, count, members: own } of made) {
        const taken = new Set(own.map(({ place }) => place))
        assert.ok(taken.has(first) && taken.has(first + count - 1))
        assert.ok(own.every((each) => each.slab === slab && each.place >= first && each.place < first + count))
        let gap = 0
        for (let place = first; place < first + count; place++) {
          gap = taken.has(place) ? 0 : gap + 1
          assert.ok(gap <= maxGap && (gap === 0 || !barred.includes(place)))
        }
      }
    }))
  })
})

describe('pace', () => {
  const measuredBy = (decodeMs: number, cost: (rows: number) => number): Pace => {
    const measured = pace()
    measured.decoded(decodeMs)
    for (const rows of [2, 40, 9, 128, 16, 3]) measured.prefilled(rows, cost(rows))
    return measured
  }

  it('never leaves a single row, and no more rows than there are', () => {
    const ms = fc.integer({ min: 1, max: 50 })
    fc.assert(fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 3, max: 400 }), ms, ms, ms, fc.oneof(ms, fc.constant(Infinity)), (total, most, decodeMs, runMs, rowMs, turnMs) => {
      const measured = measuredBy(decodeMs, (rows) => runMs + rows * rowMs)
      for (let left = total; left > 0;) {
        const rows = measured.chunk(left, most, turnMs)
        assert.ok(rows <= left && rows <= Math.max(3, most) && (rows >= 2 || total === 1))
        assert.notEqual(left - rows, 1)
        assert.ok(rows % 32 !== 1 || rows === 1, `${rows} rows`)
        left -= rows
      }
    }))
  })

  it('takes large chunks while nobody decodes, and such that fit between two tokens while somebody does', () => {
    assert.ok(pace().chunk(10_000, Infinity, Infinity) > 200)
    const measured = measuredBy(10, (rows) => rows)
    assert.ok(measured.chunk(10_000, Infinity, measured.turnMs(1, 0)) > 200)
    assert.ok(measured.chunk(10_000, Infinity, measured.turnMs(1, 1)) <= 13)
  })

  it('tells what a run takes from what its rows add', () => {
    const measured = measuredBy(10, (rows) => 6 + rows)
    assert.ok(Math.abs(measured.chunk(10_000, Infinity, 46) - 40) <= 1)
    assert.equal(measured.fits(5), false)
    assert.equal(measured.fits(13), true)
    // runs of one size say only what each of their rows took
    const even = pace()
    for (let run = 0; run < 50; run++) even.prefilled(10, 20)
    assert.equal(even.chunk(10_000, Infinity, 46), 23)
    // few rows, the fewest of them slow by chance
    const odd = pace()
    for (const [rows, ms] of [[2, 9], [3, 6], [4, 8], [5, 9]] as const) odd.prefilled(rows, ms)
    assert.ok(odd.chunk(10_000, Infinity, 13) <= 15, String(odd.chunk(10_000, Infinity, 13)))
  })

  it('shares time between those who wait for their first token and those who decode, within bounds', () => {
    const measured = measuredBy(10, (rows) => rows)
    const shares = [[1, 1], [1, 8], [8, 8], [6, 3], [30, 2]] as const
    assert.deepEqual(shares.map(([prompts, decoding]) => measured.turnMs(prompts, decoding)), [13, 13, 13, 20, 30])
    assert.equal(measured.turnMs(3, 0), Infinity)
  })

  it('takes a session of a long ring for decoding between its tokens', () => {
    const measured = pace()
    assert.equal(measured.decodingMs, 500)
    for (let lap = 0; lap < 50; lap++) measured.lapped(900)
    assert.equal(Math.round(measured.decodingMs), 1800)
  })
})

describe('scheduler', () => {
  it('runs single rows that wait together', async () => {
    const { schedule, runs } = fakeSpan()
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => schedule.run(work(name))))
    assert.deepEqual(runs.map(({ names }) => names.join('')), ['abcd'])
  })

  it('waits a moment for the sessions that decode, so that they go on together', async () => {
    const { schedule, runs } = fakeSpan()
    const slots = ['a', 'b', 'c'].map((name) => work(name))
    const session = async (own: FakeWork): Promise<void> => {
      for (let token = 0; token < 10; token++) await schedule.run(own)
    }
    await Promise.all(slots.map(session))
    assert.ok(runs.filter(({ names }) => names.length === 3).length >= 9, JSON.stringify(runs.map(({ names }) => names.join(''))))
  })

  it('leaves the other stages of a ring their share of the sessions', async () => {
    const { schedule, runs } = fakeSpan()
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => schedule.run(work(name, 1, 2))))
    assert.deepEqual(runs.map(({ names }) => names.length), [4, 4])
    assert.deepEqual(runs[0]?.names, ['a', 'b', 'c', 'd'], 'neighbours run together')
  })

  it('lets who catches up go first, and the others on', async () => {
    const { schedule, runs } = fakeSpan()
    const decodes = async (name: string, rows: number, catchesUp = false): Promise<void> => {
      const { slot } = work(name)
      for (let row = 0; row < rows; row++) await schedule.run({ ...work(name), slot, catchesUp })
    }
    await Promise.all([decodes('a', 30), decodes('b', 30), decodes('behind', 40, true)])
    const caughtUp = runs.findLastIndex(({ names }) => names.includes('behind'))
    const before = runs.slice(0, caughtUp + 1)
    assert.ok(before.length < 60, `${before.length} rounds`)
    for (const name of ['a', 'b']) {
      const rows = before.filter(({ names }) => names.includes(name)).length
      assert.ok(rows >= before.length / 8, `${rows} of ${before.length}`)
      assert.equal(runs.filter(({ names }) => names.includes(name)).length, 30)
    }
    assert.ok(before.filter(({ names }) => names.length === 1).length > before.length / 2)
  })

  it('keeps the gap between two tokens near the usual while a long prompt comes in', async () => {
    const { schedule, time } = fakeSpan({ decodeMs: 10, rowMs: 2, runMs: 4 })
    const gaps: number[] = []
    let long = true
    const prompt = async (): Promise<void> => {
      await schedule.run(work('long', 2000))
      long = false
    }
    const decoder = async (): Promise<void> => {
      const own = work('short')
      for (let token = 0; token < 20; token++) await schedule.run(own)
      const coming = prompt()
      while (long) {
        const before = time()
        await schedule.run(own)
        gaps.push((time() - before) / 10)
      }
      await coming
    }
    await decoder()
    gaps.sort((a, b) => a - b)
    assert.ok((gaps[Math.floor(gaps.length * 0.95)] ?? Infinity) <= 2.5, `95 % of the gaps are below ${gaps[Math.floor(gaps.length * 0.95)]}`)
    assert.ok((gaps.at(-1) ?? Infinity) <= 6, `the longest gap is ${gaps.at(-1)}`)
  })

  it('takes several prompts between two rounds where they are short', async () => {
    const { schedule, runs } = fakeSpan({ decodeMs: 10, rowMs: 0.5 })
    const own = work('own')
    for (let token = 0; token < 5; token++) await schedule.run(own)
    await Promise.all([
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => schedule.run(work(name, 12))),
      (async () => { for (let token = 0; token < 5; token++) await schedule.run(own) })()
    ])
    const order = runs.slice(5).map(({ names }) => names[0] === 'own' ? '|' : names[0]).join('')
    assert.match(order, /[b-f]{4}/)
    const longest = Math.max(...order.split('|').map((turn) => turn.length * 6))
    assert.ok(longest <= 50, order)
  })

  it('takes prompts in turn', async () => {
    const { schedule, runs } = fakeSpan()
    await Promise.all(['a', 'b', 'c'].map((name) => schedule.run(work(name, 1000))))
    const order = runs.map(({ names }) => names[0])
    assert.deepEqual(order.slice(0, 6), ['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('gives up work that waits when its session ends, and only that', async () => {
    const { schedule, runs } = fakeSpan()
    const stop = new AbortController()
    const [a, b, c, d] = [schedule.run(work('a')), schedule.run(work('b'), { signal: stop.signal }), schedule.run(work('c')), schedule.run(work('d', 500), { signal: stop.signal })]
    stop.abort(new Error('over'))
    await assert.rejects(b, /over/)
    await assert.rejects(d, /over/)
    await Promise.all([a, c])
    assert.ok(runs.every(({ names }) => !names.includes('b') && !names.includes('d')))
    await assert.rejects(schedule.run(work('e'), { signal: stop.signal }), /over/)
  })

  it('tells a failed run to those who were in it, and goes on', async () => {
    const { schedule, fail } = fakeSpan()
    fail('b')
    await schedule.run(work('first'))
    const [a, b] = [schedule.run(work('a')), schedule.run(work('b'))]
    await assert.rejects(a, /broken/)
    await assert.rejects(b, /broken/)
    await schedule.run(work('c'))
    fail('p')
    await assert.rejects(schedule.run(work('p', 600)), /broken/)
    await schedule.run(work('q', 600))
  })

  it('does everything that is asked exactly once, whatever comes when', async () => {
    const job = fc.record({ session: fc.nat(15), rows: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 700 })), wait: fc.nat(4), cancel: fc.boolean(), catchesUp: fc.boolean() })
    await fc.assert(fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 30 }), async (jobs) => {
      const { schedule, runs } = fakeSpan()
      const busy = new Map<number, Promise<unknown>>()
      const wanted = new Map<string, number>()
      for (const [index, { session, rows, wait, cancel, catchesUp }] of jobs.entries()) {
        for (let turn = 0; turn < wait; turn++) await nextTurn()
        await busy.get(session)
        const stop = new AbortController()
        const name = `${index}`
        const run = schedule.run({ ...work(name, rows, 1, session), catchesUp: catchesUp && rows === 1 }, { signal: stop.signal })
        if (cancel) stop.abort(new Error('over'))
        else wanted.set(name, rows)
        busy.set(session, run.catch((error: unknown) => { assert.ok(cancel, String(error)) }))
      }
      await Promise.all(busy.values())
      for (const [name, rows] of wanted) {
        assert.equal(runs.reduce((sum, run) => sum + (run.names.includes(name) ? (run.kind === 'decode' ? 1 : run.rows) : 0), 0), rows)
      }
      await schedule.close(new Error('closed'))
    }), { numRuns: 50 })
  })

  it('refuses what waits when it closes, and waits for what runs', async () => {
    const { schedule, runs } = fakeSpan()
    const waiting = [schedule.run(work('a')), schedule.run(work('long', 2000))]
    const closing = schedule.close(new Error('closed'))
    for (const each of waiting) await assert.rejects(each, /closed/)
    await closing
    assert.equal(runs.length, 0)
    const { schedule: other, runs: chunks } = fakeSpan()
    const running = other.run(work('long', 2000))
    while (chunks.length === 0) await nextTurn()
    await Promise.all([assert.rejects(running, /closed/), other.close(new Error('closed'))])
    assert.ok(chunks.length <= 2)
    await assert.rejects(other.run(work('late')), /closed/)
  })
})
