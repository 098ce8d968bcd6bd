import assert from 'node:assert/strict'
import { load, type ClientLog } from './support/load.ts'

const quantile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN

/** What runs of a third of SmolLM2-135M took on one busy core: the last third has the head, and is what the others wait for (2026-11-26). */
const spans = {
  middle: { runMs: 5, rowMs: 0.7, tokenMs: 0.7, longestFirstTokenMs: 20_000 },
  tail: { runMs: 12, rowMs: 0.9, tokenMs: 3, longestFirstTokenMs: 24_000 }
}

for (const [name, { longestFirstTokenMs, ...span }] of Object.entries(spans)) {
  describe(`a ${name} span under load`, function () {
    this.timeout(30_000)
    let logs: readonly ClientLog[]

    before(async () => {
      const clients = Array.from({ length: 32 }, (_, index) => index % 2 === 0 ? 40 : 400)
      logs = await load({ ...span, clients, tokens: 40, frameRows: 34, untilMs: 120_000 })
    })

    it('lets nobody wait long for a first token', () => {
      const longest = Math.max(...logs.flatMap(({ firstTokens }) => firstTokens))
      assert.ok(longest <= longestFirstTokenMs, `${longest} ms`)
    })

    it('keeps the gap between two tokens even', () => {
      for (const { gaps } of logs) {
        const median = quantile(gaps, 0.5)
        assert.ok(quantile(gaps, 0.95) <= 2.5 * median, `${quantile(gaps, 0.95)} ms of ${median} ms`)
        assert.ok(quantile(gaps, 1) <= 6 * median, `${quantile(gaps, 1)} ms of ${median} ms`)
      }
    })

    it('serves like clients alike', () => {
      for (const rows of [40, 400]) {
        const tokens = logs.filter(({ promptRows }) => promptRows === rows).map((each) => each.tokens)
        const median = quantile(tokens, 0.5)
        // a client's last answer is cut short wherever it is
        assert.ok(tokens.every((each) => Math.abs(each - median) <= 0.2 * median + 1), tokens.join(' '))
      }
    })
  })
}

describe('a long prompt beside sessions that decode', () => {
  for (const [sessions, runMs] of [[1, 2], [1, 8], [8, 2], [8, 8], [32, 4]] as const) {
    it(`leaves ${sessions} of them their pace, where a run takes at least ${runMs} ms`, async () => {
      const init = { runMs, rowMs: 1, tokenMs: 1, tokens: 100_000, frameRows: 128, untilMs: 6000 }
      const decoders = Array<number>(sessions).fill(10)
      const alone = quantile((await load({ ...init, clients: decoders })).flatMap(({ gaps }) => gaps), 0.5)
      const logs = await load({ ...init, clients: [...decoders, 2000] })
      for (const { gaps, promptRows } of logs.filter((each) => each.promptRows === 10)) {
        assert.ok(quantile(gaps, 0.95) <= 2.5 * alone, `${promptRows}: ${quantile(gaps, 0.95)} ms of ${alone} ms`)
        assert.ok(quantile(gaps, 1) <= 6 * alone, `${quantile(gaps, 1)} ms of ${alone} ms`)
      }
    })
  }
})
