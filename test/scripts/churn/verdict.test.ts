import assert from 'node:assert/strict'
import { UsageError } from '../../../scripts/bench/options.ts'
import { churnOptions } from '../../../scripts/churn/options.ts'
import { verdict, type ChurnLog } from '../../../scripts/churn/verdict.ts'
import type { ClientLog } from '../../../scripts/churn/client.ts'
import type { NodeRest } from '../../../scripts/churn/leaks.ts'

const client = (changes: Partial<ClientLog> = {}): ClientLog => ({ finished: 200, tokens: 9000, repairs: 5, wrong: [], errors: [], longestGapMs: 2000, longestFirstTokenMs: 900, ...changes })
const rest = (changes: Partial<NodeRest> = {}): NodeRest => ({ node: 'one', freeSlots: 16, sockets: 6, deletedFiles: 0, bytes: 200e6, repairs: {}, ...changes })
const log = (changes: Partial<ChurnLog> = {}): ChurnLog => ({ clients: [client(), client()], kills: 9, slots: 16, before: [rest()], after: [rest()], alive: [], resident: [], ...changes })

/** Bytes every minute. */
const growing = (first: number, more: number): ChurnLog['alive'] => Array.from({ length: 20 }, (_, minute) => ({ atMs: minute * 60_000, bytes: first + minute * more }))

describe('the verdict of a churn run', () => {
  it('misses nothing where answers finish, are right, and leave nothing behind', () => {
    const { finished, repairs, missed } = verdict(log({ clients: [client(), client({ errors: ['once'] })] }))
    assert.deepEqual([finished, repairs, missed], [400, 10, []])
  })

  const cases: Array<[what: string, changes: Partial<ChurnLog>, missed: RegExp]> = [
    ['answers that do not finish', { clients: [client({ finished: 197, errors: ['a', 'a', 'b'] })] }, /^99\.5 % of the answers finish: 197 of 200 did$/],
    ['that nothing finished', { clients: [client({ finished: 0 })] }, /0 of 0 did/],
    ['a wrong answer', { clients: [client({ wrong: ['9 tokens for 8'] })] }, /every answer is right: 9 tokens for 8/],
    ['a long gap', { clients: [client({ longestGapMs: 10_100 })] }, /no hang over 10\.0 s: one took 10\.1 s/],
    ['a long wait for a first token', { clients: [client({ longestFirstTokenMs: 10_100 })] }, /a first token took 10\.1 s/],
    ['slots that stay taken', { after: [rest({ freeSlots: 15 })] }, /node one has 15 of 16/],
    ['connections left behind', { after: [rest({ sockets: 99 })] }, /node one has 99 sockets for 3 peers/],
    ['files left behind', { after: [rest({ deletedFiles: 1 })] }, /no buffer file left behind/],
    ['what stays alive in the clients', { alive: growing(50e6, 1e6) }, /^what is alive in the clients flat after the first minute: it grew by 3\d %$/],
    ['clients that take ever more memory', { resident: growing(200e6, 20e6) }, /^memory of the clients flat after the first minute: it grew by \d+ %$/],
    ['memory left behind', { after: [rest({ bytes: 400e6 })] }, /memory as before: node one has 400 MB/]
  ]
  for (const [what, changes, expected] of cases) {
    it(`names ${what}`, () => {
      const { missed } = verdict(log(changes))
      assert.equal(missed.length, 1, missed.join('\n'))
      assert.match(missed[0] ?? '', expected)
    })
  }
})

describe('options of the churn run', () => {
  it('takes twenty minutes where nothing is said, and less where it is', () => {
    assert.deepEqual(churnOptions([]), { minutes: 20, clients: 8, everySeconds: 10, seed: 1, out: undefined })
    assert.equal(churnOptions(['--minutes', '0.5']).minutes, 0.5)
  })

  it('refuses what it does not know', () => {
    for (const args of [['--minutes', '0'], ['--clients', '1.5'], ['--every', 'x'], ['more']]) assert.throws(() => churnOptions(args), UsageError, args.join(' '))
  })
})
