import assert from 'node:assert/strict'
import { explain, explanation, type Explained } from '../../src/cli/explain.ts'

const a = { peerId: '12D3KooWaaaaaaaa', span: [0, 3] } as const
const b = { peerId: '12D3KooWbbbbbbbb', span: [3, 6] } as const
const lost = { peerId: '12D3KooWcccccccc', span: [3, 6] } as const

/** 11 tokens: 10 laps in 100 ms behind the first. */
const ANSWER: Explained = {
  completionTokens: 11,
  timings: { openMs: 30, ttftMs: 90, totalMs: 190, tokensPerSecond: 100 },
  route: [a, b],
  hops: [
    { ...a, laps: 12, rows: 40, queueMs: 12, computeMs: 50, sendMs: 3, bytesSent: 13_000, prefill: { laps: 2, rows: 30, queueMs: 2, computeMs: 20, sendMs: 1, bytesSent: 3000 } },
    { ...b, laps: 10, rows: 10, queueMs: 0, computeMs: 20, sendMs: 10, bytesSent: 1000 }
  ],
  repairs: []
}

describe('where an answer\'s time went', () => {
  it('is the mean lap, split by stage, and the rest; the prompt apart', () => {
    const { openMs, prompt, lap, repairMs } = explain(ANSWER)
    assert.equal(openMs, 30)
    assert.equal(repairMs, 0)
    assert.deepEqual(prompt, { totalMs: 60, rows: 30, hops: [{ ...a, queueMs: 2, computeMs: 20, sendMs: 1, bytes: 3000 }, b], restMs: 37 })
    assert.deepEqual(lap, {
      totalMs: 10, laps: 10, restMs: 10 - (1 + 3 + 0.2) - (2 + 1),
      hops: [{ ...a, queueMs: 1, computeMs: 3, sendMs: 0.2, bytes: 1000 }, { ...b, queueMs: 0, computeMs: 2, sendMs: 1, bytes: 100 }]
    })
  })

  it('leaves what repairs took out of the mean lap, and names who was lost', () => {
    const mended = explain({ ...ANSWER, timings: { ...ANSWER.timings, tokensPerSecond: 50 }, repairs: [{ lost: [lost], tookMs: 100 }] })
    assert.equal(mended.lap?.totalMs, 10)
    assert.deepEqual([mended.repairMs, mended.lost], [100, [lost]])
    assert.match(explanation(mended), /…cccccccc 3:6 was lost and told nothing; repairs took 100 ms/)
  })

  it('shows a stage that told nothing as such', () => {
    assert.match(explanation(explain({ ...ANSWER, hops: ANSWER.hops.slice(0, 1) })), /…bbbbbbbb 3:6 +told nothing/)
  })

  it('says nothing of laps where there were none, and nothing at all of an answer without a token', () => {
    const one = explain({ ...ANSWER, completionTokens: 1, timings: { ...ANSWER.timings, tokensPerSecond: 0 } })
    assert.ok(one.lap === undefined && one.prompt !== undefined)
    assert.equal(explanation(explain({ ...ANSWER, completionTokens: 0, timings: { ttftMs: null, totalMs: 5, tokensPerSecond: 0 } })), '')
  })

  it('reads like this', () => {
    assert.equal(explanation(explain(ANSWER)), `first token after 90.00 ms: 30.00 ms to find and open the route, 60.00 ms for the prompt (30 positions; stages work side by side)
PROMPT         COMPUTE       QUEUE    SEND     SUM         SENT
…aaaaaaaa 0:3  20.00 ms      2.00 ms  1.00 ms  23.00 ms    3.0 kB
…bbbbbbbb 3:6  told nothing

then 10 laps of 10.00 ms on average (100.0 tokens/s)
MEAN LAP             COMPUTE  QUEUE    SEND     SUM      SHARE  SENT
…aaaaaaaa 0:3        3.00 ms  1.00 ms  0.20 ms  4.20 ms  42 %   1.0 kB
…bbbbbbbb 3:6        2.00 ms  0.00 ms  1.00 ms  3.00 ms  30 %   100 B
network and waiting                             2.80 ms  28 %`)
  })
})
