import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import { createLog, LOG_LEVELS, type LogInit } from '../../src/daemon/log.ts'

/** What reaches standard error. */
function logged (init: Omit<LogInit, 'stderr'>, isTTY = false): string {
  let text = ''
  const log = createLog({ ...init, stderr: { isTTY, write: (line: string) => { text += line } } as unknown as NodeJS.WriteStream }) // `as`: what of it is used
  for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[level]({ sessionId: 'abc' }, `at ${level}`)
  return text
}

describe('the log', () => {
  const cases: ReadonlyArray<[Omit<LogInit, 'stderr'>, number]> = [
    [{ verbose: false }, 3], [{ verbose: true }, 4],
    ...LOG_LEVELS.map((logLevel, index): [Omit<LogInit, 'stderr'>, number] => [{ verbose: true, logLevel }, 5 - index])
  ]
  for (const [init, lines] of cases) {
    it(`has ${lines} of five levels with ${JSON.stringify(init)}`, () => {
      assert.equal(logged(init).split('\n').filter((line) => line !== '').length, lines)
    })
  }

  it('is JSON, one object a line, where no terminal reads it', () => {
    for (const line of logged({ verbose: true }).trim().split('\n')) {
      const { sessionId, msg, level, time } = JSON.parse(line) as Record<string, unknown>
      assert.deepEqual([sessionId, typeof msg, typeof level, typeof time], ['abc', 'string', 'number', 'number'])
    }
  })

  it('is for people on a terminal', () => {
    // colours depend on where the tests run
    assert.match(stripVTControlCharacters(logged({ verbose: false, logLevel: 'trace' }, true)), /^\d\d:\d\d:\d\d trace at trace {2}sessionId=abc$/m)
  })
})
