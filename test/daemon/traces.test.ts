import assert from 'node:assert/strict'
import { answerWatch } from '../../src/daemon/answer-watch.ts'
import { traceSchema, traces, type Traces } from '../../src/daemon/traces.ts'
import type { GenerateEvent } from '../../src/pipeline/index.ts'

const ROUTE = [{ peerId: 'a', span: [0, 6] }] as const
const started = (sessionId: string): GenerateEvent => ({ kind: 'started', sessionId, promptTokens: 5, route: ROUTE, promptIds: [1, 2, 3, 4, 5], seed: 1n })
const token: GenerateEvent = { kind: 'token', id: 7, text: 'secret' }
const done: GenerateEvent = {
  kind: 'done', text: 'secret', tokens: [7, 7], finishReason: 'stop', usage: { promptTokens: 5, completionTokens: 2, cachedTokens: 1 }, route: ROUTE,
  hops: [{ ...ROUTE[0], laps: 2, rows: 6, queueMs: 1, computeMs: 2, sendMs: 3, bytesSent: 4 }], timings: { openMs: 1, ttftMs: 2, totalMs: 9, tokensPerSecond: 50 }
}

describe('traces', () => {
  let nowMs = 0
  const make = (init = {}): Traces => traces({ now: () => nowMs, wallMs: () => 1_700_000_000_000 + nowMs }, init)
  const run = (made: Traces, sessionId: string, events: readonly GenerateEvent[] = [token, done], requestId?: string): void => {
    const trace = made.begin({ modelId: 'm', coordinator: 'here', requestId })
    for (const event of [started(sessionId), ...events]) {
      nowMs += 10
      trace.event(event)
    }
    trace.end()
  }

  it('keep what became of an answer, and nothing of what was said', () => {
    const made = make()
    run(made, 'abc', [token, token, done], 'req-1')
    const [trace] = made.list()
    assert.deepEqual(traceSchema.parse(trace), trace)
    assert.deepEqual([trace?.state, trace?.finishReason, trace?.completionTokens, trace?.cachedTokens, trace?.slowestMs, trace?.timings.openMs], ['done', 'stop', 2, 1, 10, 1])
    assert.doesNotMatch(JSON.stringify(trace), /secret|promptIds|"text"|"tokens"/)
  })

  it('keep the last ones, the newest first', () => {
    const made = make({ kept: 3 })
    for (const id of ['a', 'b', 'c', 'd']) run(made, id)
    assert.deepEqual(made.list().map(({ sessionId }) => sessionId), ['d', 'c', 'b'])
  })

  it('are found by request, by session, and by the beginning of one; not by nothing', () => {
    const made = make()
    run(made, 'abc', [done], 'req-1')
    run(made, 'abd', [done], 'req-2')
    assert.deepEqual(['req-1', 'abd', 'ab', 'x', ''].map((id) => made.find(id).length), [1, 1, 2, 0, 0])
  })

  it('show answers at work, as far as they are', () => {
    const made = make({ running: 1 })
    const one = made.begin({ modelId: 'm', coordinator: 'here' })
    made.begin({ modelId: 'm', coordinator: 'here' }).event(started('beyond the bound'))
    assert.deepEqual(made.list(), [])
    one.event(started('now'))
    for (let step = 0; step < 3; step++) {
      nowMs += 100
      one.event(token)
    }
    const [trace, ...more] = made.list()
    assert.equal(more.length, 0)
    assert.deepEqual([trace?.state, trace?.completionTokens, trace?.timings.tokensPerSecond], ['running', 3, 10])
  })

  it('say that it failed, by the error\'s name alone, or that nobody wanted it any more', async () => {
    const made = make()
    const lines: string[] = []
    const watch = answerWatch({
      traces: made, observers: [], log: { debug: (...line: unknown[]) => { lines.push(JSON.stringify(line)) } }
    })
    const failing = async function * (): AsyncGenerator<GenerateEvent> {
      yield started('bad')
      await Promise.resolve()
      throw Object.assign(new Error('secret words'), { name: 'RequestError' })
    }
    await assert.rejects(async () => { for await (const _event of watch(failing(), { modelId: 'm', coordinator: 'here' })) { /* read on */ } }, /secret words/)
    const endless = async function * (): AsyncGenerator<GenerateEvent> {
      yield started('left')
      for (;;) {
        yield token
        await Promise.resolve()
      }
    }
    for await (const event of watch(endless(), { modelId: 'm', coordinator: 'elsewhere' })) if (event.kind === 'token') break
    assert.deepEqual(made.list().map(({ sessionId, state, error }) => [sessionId, state, error]), [['left', 'left', null], ['bad', 'failed', 'RequestError']])
    assert.doesNotMatch(lines.join('\n'), /secret/)
  })

  it('forget answers that never began', () => {
    const made = make()
    const trace = made.begin({ modelId: 'm', coordinator: 'here' })
    trace.failed('NoCapacityError')
    trace.end()
    assert.deepEqual(made.list(), [])
  })
})
