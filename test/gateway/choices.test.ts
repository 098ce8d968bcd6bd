import assert from 'node:assert/strict'
import { gather, merge } from '../../src/gateway/choices.ts'

const never = new AbortController().signal

/** Counts what is open. */
function sources (items: number, more: { failAt?: number } = {}) {
  const state = { open: 0, most: 0, ended: 0 }
  const source = async function * (index: number, signal: AbortSignal): AsyncGenerator<string> {
    state.most = Math.max(state.most, ++state.open)
    try {
      for (let item = 0; item < items; item++) {
        await Promise.resolve()
        signal.throwIfAborted()
        if (index === more.failAt && item === 1) throw new Error('broken')
        yield `${index}.${item}`
      }
    } finally {
      state.open--
      state.ended++
    }
  }
  return { state, source }
}

describe('choices side by side', () => {
  it('says all that the sources say, each in its order, so many at a time', async () => {
    const { state, source } = sources(3)
    const all: string[] = []
    for await (const item of merge(5, 2, source, never)) all.push(item)
    assert.equal(state.most, 2)
    assert.equal(all.length, 15)
    for (let index = 0; index < 5; index++) {
      assert.deepEqual(all.filter((item) => item.startsWith(`${index}.`)), [0, 1, 2].map((item) => `${index}.${item}`))
    }
    assert.notDeepEqual(all.slice(0, 3), ['0.0', '0.1', '0.2'], 'they take turns')
  })

  it('ends all sources when the reader stops, and when one fails', async () => {
    const stopped = sources(9)
    for await (const item of merge(3, 3, stopped.source, never)) if (item === '1.1') break
    assert.deepEqual([stopped.state.open, stopped.state.ended], [0, 3])
    const failing = sources(9, { failAt: 1 })
    await assert.rejects(async () => { for await (const _ of merge(3, 3, failing.source, never)); }, /broken/)
    assert.deepEqual([failing.state.open, failing.state.ended], [0, 3])
  })

  it('aborts a source that waits when another fails', async () => {
    const waiting = async function * (index: number, signal: AbortSignal): AsyncGenerator<string> {
      if (index === 1) throw new Error('broken')
      await new Promise((resolve) => { signal.addEventListener('abort', resolve, { once: true }) })
      yield 'never read'
    }
    await assert.rejects(async () => { for await (const _ of merge(2, 2, waiting, never)); }, /broken/)
  })

  it('gathers results in order, and aborts the others when one fails', async () => {
    assert.deepEqual(await gather(5, 2, async (index) => await Promise.resolve(index * 2), never), [0, 2, 4, 6, 8])
    let aborted = 0
    await assert.rejects(gather(3, 3, async (index, signal) => {
      if (index === 2) throw new Error('broken')
      await new Promise((resolve) => { signal.addEventListener('abort', () => { aborted++; resolve(undefined) }, { once: true }) })
      return index
    }, never), /broken/)
    assert.equal(aborted, 2)
  })
})
