import { relative } from 'node:path'
import Mocha from 'mocha'

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Mocha.Runner.constants
/** How many of the slowest files are named. */
const NAMED = 40

/** Mocha's spec reporter, closed by where the time went and by the one line that scripts read: `N passed, N failed, N skipped`. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor (runner, options) {
    super(runner, options)
    const began = new Map()
    const tookMs = new Map()
    const topmost = (suite) => suite.parent?.root === true && suite.file != null // hooks are within a suite, not within its tests
    runner.on(EVENT_SUITE_BEGIN, (suite) => { if (topmost(suite)) began.set(suite, performance.now()) })
    runner.on(EVENT_SUITE_END, (suite) => {
      if (topmost(suite)) tookMs.set(suite.file, (tookMs.get(suite.file) ?? 0) + performance.now() - began.get(suite))
    })
    runner.once(EVENT_RUN_END, () => {
      const slowest = [...tookMs].sort(([, a], [, b]) => b - a)
      if (slowest.length > NAMED) {
        const lines = slowest.slice(0, NAMED).map(([file, ms]) => `${(ms / 1000).toFixed(0).padStart(7)} s  ${relative('.', file)}\n`)
        process.stdout.write(`  slowest of ${slowest.length} files:\n${lines.join('')}\n`)
      }
      const { passes = 0, failures = 0, pending = 0 } = this.stats
      process.stdout.write(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}\n`)
    })
  }
}
