import assert from 'node:assert/strict'
import { parseReport, worse } from '../../../scripts/bench/compare.ts'
import { completed, isMet, markdown, NOTES, page, type Ratio, type Report, type Row } from '../../../scripts/bench/table.ts'

const row = (id: string, ...ratios: Ratio[]): Row => ({ id, what: `what ${id} is`, unit: 'ms', measured: { median: 12.34, low: 1, high: 20, count: 3 }, ratios })
const report = (...rows: Row[]): Report => ({ date: '2026-01-02', commit: 'abc1234', machine: 'a machine', rows })
const higher = (value: number, aim?: number): Ratio => ({ against: 'llama.cpp', value, better: 'higher', ...(aim == null ? {} : { aim }) })
const lower = (value: number): Ratio => ({ against: 'the 1 ms allowed', value, better: 'lower', aim: 1 })

describe('the table of the benchmarks', () => {
  it('says which aims are met', () => {
    assert.deepEqual([higher(0.9, 0.9), higher(0.89, 0.9), lower(1), lower(1.01), higher(0.1)].map(isMet), [true, false, true, false, true])
    assert.match(markdown([row('a', higher(0.5, 0.9), lower(0.5))]), /0\.50 × llama\.cpp, aim ≥ 0\.9: \*\*missed\*\*; 0\.50 × the 1 ms allowed, aim ≤ 1: met/)
  })

  it('shows medians with their spread, and no spread of a single value', () => {
    assert.match(markdown([row('a')]), /\| 12\.3 ms \(1\.0–20\.0\) \| – \|/)
    assert.match(markdown([{ ...row('a'), measured: { median: 2105, low: 2105, high: 2105, count: 1 } }]), /\| 2105 ms \| – \|/)
  })

  it('keeps what people wrote below the table when it is made anew', () => {
    const first = page(report(row('a')), '')
    const written = `${first}\nThe profile says so.\n`
    const again = page(report(row('b')), written)
    assert.ok(again.includes('what b is') && !again.includes('what a is'))
    assert.ok(again.endsWith(`${NOTES}\n\nThe profile says so.\n`))
    assert.equal(page(report(row('b')), again), again)
  })
})

describe('a run of some groups', () => {
  it('replaces the rows that it measured, adds new ones behind them, and says when they were made', () => {
    const whole = report(row('a', higher(1)), row('b', higher(1)))
    const later: Report = { ...report(row('b', higher(2)), row('c')), date: '2026-02-03', commit: 'def5678' }
    const { rows, ...rest } = completed(whole, later)
    assert.deepEqual(rest, { date: whole.date, commit: whole.commit, machine: whole.machine })
    assert.deepEqual(rows, [row('a', higher(1)), { ...row('b', higher(2)), made: '2026-02-03 at def5678' }, { ...row('c'), made: '2026-02-03 at def5678' }])
    assert.match(markdown(rows), /what b is; 2026-02-03 at def5678 \|/)
    assert.deepEqual(parseReport(JSON.stringify({ ...rest, rows })).rows, rows)
  })
})

describe('comparing two reports of the benchmarks', () => {
  const names = (before: Report, now: Report): string[] => worse(before, now).map(({ id }) => id)

  it('names ratios that got worse by more than 15 %, whichever way is worse', () => {
    const before = report(row('up', higher(1)), row('down', lower(1)))
    const cases: Array<[now: Report, expected: string[]]> = [
      [report(row('up', higher(0.86)), row('down', lower(1.14))), []],
      [report(row('up', higher(0.84)), row('down', lower(1.14))), ['up']],
      [report(row('up', higher(2)), row('down', lower(1.16))), ['down']],
      [report(row('up', higher(0.5)), row('down', lower(2))), ['up', 'down']]
    ]
    for (const [now, expected] of cases) {
      assert.deepEqual(names(before, now), expected)
    }
  })

  it('leaves out what only one of them has', () => {
    assert.deepEqual(names(report(row('a', higher(1))), report(row('b', higher(0.1)))), [])
    assert.deepEqual(names(report(row('a', higher(1))), report(row('a', { ...higher(0.1), against: 'alone' }))), [])
  })

  it('reads what it wrote, and says what is no report', () => {
    const written = report(row('a', higher(0.5, 0.9)), { ...row('b'), llamaCpp: { median: 1, low: 1, high: 1, count: 1 }, remark: 'so' })
    assert.deepEqual(parseReport(JSON.stringify(written)), written)
    assert.throws(() => parseReport('{"rows": []}'), /this is no report of npm run bench/)
  })
})
