import assert from 'node:assert/strict'
import { growthOf, shown, verdict, type ClientLog, type MemoryLog } from '../../../scripts/load/verdict.ts'

/** A round of turns, twice as much work in every other one, in `ms` each. */
const turns = (ms: number, count = 20): ClientLog['progress'] =>
  Array.from({ length: count }, (_, index) => ({ tokens: 100 * (index + 1) + 50 * (index % 2), atMs: ms * (index + 1) }))

const client = (changes: Partial<ClientLog> = {}): ClientLog => ({
  kind: 'short', answers: 10, cancelled: 2, tokens: 1000, progress: turns(3000), longestStallMs: 100, longestFirstTokenMs: 500, refusals: 0, errors: [], ...changes
})

/** A sample every 5 s for so many minutes. */
const memory = (minutes: number, bytesAt: (atMs: number) => number): MemoryLog => ({
  node: 'node 1',
  samples: Array.from({ length: minutes * 12 }, (_, index) => ({ atMs: index * 5000, bytes: bytesAt(index * 5000) }))
})
const flat = memory(5, (atMs) => 300e6 + (atMs % 15_000) * 1000)

describe('the verdict of a load run', () => {
  it('misses nothing where all went well', () => {
    assert.deepEqual(verdict([client(), client({ progress: turns(2700) }), client({ progress: turns(3450) })], [flat]).missed, [])
  })

  const cases: Array<[what: string, clients: ClientLog[], memory: MemoryLog, missed: RegExp]> = [
    ['errors, each with how often it came', [client({ errors: ['broke', 'broke'] }), client({ errors: ['broke'] })], flat, /^no error: 3 × broke$/],
    ['a stall over 5 s', [client({ longestStallMs: 5100 })], flat, /no stall over 5 s: one took 5\.1 s/],
    ['a client without an answer', [client(), client({ kind: 'long', answers: 0 })], flat, /a client \(long\) got no answer/],
    ['like clients that are served unlike', [client(), client(), client({ progress: turns(4500) })], flat, /fair within 20 %: short differ by 33 %/],
    ['memory that goes on growing', [client()], memory(5, (atMs) => 300e6 + atMs * 200), /memory flat once warm: node 1 grew by 1\d %/]
  ]
  for (const [what, clients, log, missed] of cases) {
    it(`names ${what}`, () => {
      const found = verdict(clients, [log]).missed
      assert.equal(found.length, 1, found.join('\n'))
      assert.match(found[0] ?? '', missed)
    })
  }

  it('compares only clients of one kind, by the turns that all of them have done', () => {
    const slow = client({ kind: 'long', progress: turns(50_000, 2) })
    assert.deepEqual(verdict([client(), slow, client({ progress: turns(3000, 3) })], [flat]).missed, [])
  })

  it('counts refusals apart from errors', () => {
    const { refusals, errors, missed } = verdict([client({ refusals: 3 }), client({ refusals: 4 })], [flat])
    assert.deepEqual([refusals, errors, missed], [7, [], []])
  })

  const filling = (untilMs: number): MemoryLog => memory(8, (atMs) => 100e6 + Math.min(atMs, untilMs) * 1000)

  it('says nothing of memory in a run that is too short, and says that', () => {
    const short = verdict([client()], [memory(3, (atMs) => atMs * 1e4)])
    assert.deepEqual([short.memory[0]?.growth, short.missed], [undefined, []])
    assert.match(shown(short, 180), /memory: not judged/)
  })

  it('says nothing of what memory the first minute takes, or a client\'s first round of work', () => {
    assert.deepEqual(verdict([client()], [filling(60_000)]).missed, [])
    assert.deepEqual(verdict([client({ progress: turns(12_000) }), client({ progress: turns(13_000) })], [filling(240_000)]).missed, [])
    assert.equal(verdict([client()], [filling(240_000)]).missed.length, 1)
    const unfinished = verdict([client(), client({ kind: 'long', progress: turns(3000, 19) })], [filling(480_000)])
    assert.deepEqual([unfinished.warmMs, unfinished.memory[0]?.growth], [undefined, undefined])
  })

  it('measures growth along a straight line', () => {
    const samples = memory(2, (atMs) => 100e6 + atMs * 1000).samples
    assert.ok(Math.abs(growthOf(samples) - 115_000 * 1000 / 100e6) < 1e-9)
  })
})
