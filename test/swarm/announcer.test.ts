import assert from 'node:assert/strict'
import { announcer } from '../../src/swarm/announcer.ts'

interface Call { readonly signal: AbortSignal, done (count: number): void }

/** Announcements as they begin; each ends when the test says so. */
function calls (): { announce (signal: AbortSignal): Promise<number>, next (): Promise<Call> } {
  const begun: Call[] = []
  const waiting: Array<(call: Call) => void> = []
  return {
    announce: async (signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      signal.addEventListener('abort', () => { reject(new Error('aborted')) })
      const call = { signal, done: resolve }
      const taker = waiting.shift()
      if (taker == null) begun.push(call)
      else taker(call)
      return await promise
    },
    next: async () => begun.shift() ?? await new Promise<Call>((resolve) => waiting.push(resolve))
  }
}

describe('announcer', () => {
  const onError = (error: unknown): void => { throw error as Error }

  it('tells a change that came while an announcement was under way, right after it', async () => {
    const { announce, next } = calls()
    const announcements = announcer(announce, { repeatMs: 60_000, onError })
    announcements.soon()
    const first = await next()
    announcements.soon()
    first.done(3)
    const second = await next()
    assert.equal(first.signal.aborted, false)
    second.done(3)
    await announcements.stop()
  })

  it('repeats itself', async () => {
    const { announce, next } = calls()
    const announcements = announcer(announce, { repeatMs: 1, onError })
    announcements.soon()
    for (let round = 0; round < 2; round++) {
      const { done } = await next()
      done(1)
    }
    await announcements.stop()
  })

  it('speaks again to a first neighbour, where nobody had heard it', async () => {
    const { announce, next } = calls()
    const announcements = announcer(announce, { repeatMs: 60_000, onError })
    announcements.neighbour()
    announcements.soon()
    const { done } = await next()
    done(0)
    setImmediate(() => { announcements.neighbour() })
    const again = await next()
    again.done(1)
    await announcements.stop()
  })

  it('gives up what is under way when it stops', async () => {
    const { announce, next } = calls()
    const announcements = announcer(announce, { repeatMs: 1, onError })
    announcements.soon()
    const { signal } = await next()
    await announcements.stop()
    assert.equal(signal.aborted, true)
  })
})
