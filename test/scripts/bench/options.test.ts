import assert from 'node:assert/strict'
import { benchOptions, UsageError } from '../../../scripts/bench/options.ts'
import { groups } from '../../../scripts/bench/table.ts'

describe('options of the benchmarks', () => {
  it('measures everything and writes the page where nothing is said', () => {
    const { groups: all, models, delaysMs, sessions, promptTokens, out } = benchOptions([])
    assert.deepEqual({ all, models, delaysMs, sessions, promptTokens, out }, {
      all: groups, models: ['smollm2', 'random-246m'], delaysMs: [5, 10, 25, 50], sessions: [1, 2, 4, 8, 16], promptTokens: [128, 1024], out: 'docs'
    })
  })

  it('writes nothing for a part of the table, unless it is told where', () => {
    for (const args of [['--quick'], ['--only', 'decode'], ['--model', 'smollm2'], ['--delay', '10']]) {
      assert.equal(benchOptions(args).out, undefined, args.join(' '))
      assert.equal(benchOptions([...args, '--out', 'here']).out, 'here')
    }
  })

  it('measures the delays that were asked for, and only those unless groups are named', () => {
    assert.deepEqual(benchOptions(['--delay', '10,25']).delaysMs, [10, 25])
    assert.deepEqual(benchOptions(['--delay', '10']).groups, ['delay'])
    assert.deepEqual(benchOptions(['--delay', '10', '--only', 'hop,delay']).groups, ['hop', 'delay'])
  })

  it('refuses what it does not know', () => {
    for (const args of [['--only', 'decod'], ['--model', 'gpt'], ['--delay', '0'], ['--delay', 'x'], ['--delay', '10,'], ['--fast'], ['more']]) {
      assert.throws(() => benchOptions(args), UsageError, args.join(' '))
    }
  })
})
