import assert from 'node:assert/strict'
import { pacer } from '../../../src/store/peers/pacer.ts'

describe('the pacer', () => {
  function clocked (init: { bytesPerSecond?: number, isBusy?: () => boolean }): { take (bytes: number, gentle?: boolean): Promise<number>, pass (ms: number): void } {
    let ms = 0
    const pace = pacer({ isBusy: () => false, ...init, now: () => ms, wait: async (more) => { ms += more; await Promise.resolve() } })
    return {
      async take (bytes, gentle = false) {
        const before = ms
        await pace.take(bytes, { gentle })
        return ms - before
      },
      pass (more) { ms += more }
    }
  }

  it('lets everything through at once where there is no limit and nothing to yield to', async () => {
    const { take } = clocked({})
    assert.deepEqual([await take(1e6), await take(1e9)], [0, 0])
  })

  it('keeps to its rate, also over a long time, and catches up with little', async () => {
    const { take, pass } = clocked({ bytesPerSecond: 1e6 })
    let waited = 0
    for (let sent = 0; sent < 100; sent++) waited += await take(65_536)
    assert.ok(Math.abs(waited - 6500) < 150, `${waited} ms for 6.5 MB`)
    pass(60_000)
    waited = 0
    for (let sent = 0; sent < 10; sent++) waited += await take(100_000)
    assert.ok(waited > 800, 'an idle minute is not made up for')
  })

  it('pauses while tokens are on their way here or there', async () => {
    let busy = false
    const { take } = clocked({ isBusy: () => busy })
    assert.equal(await take(65_536), 0)
    assert.ok(await take(65_536, true) >= 1)
    busy = true
    assert.ok(await take(65_536) >= 1)
  })
})
