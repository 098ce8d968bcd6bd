import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { patience, type Patience } from '../../src/client/patience.ts'

describe('patience with who is silent', () => {
  let waiting: Patience
  let silences: number

  beforeEach(() => {
    silences = 0
    waiting = patience(100, () => { silences++ })
  })
  afterEach(() => { waiting.stop() })

  it('ends where nothing is heard, again and again', async () => {
    while (silences < 2) await delay(10)
    waiting.heard()
    silences = 0
    while (silences < 1) await delay(10)
  })

  it('does not count the time in which this process stood still', async () => {
    for (const startedMs = performance.now(); performance.now() < startedMs + 500;) { /* nothing is read meanwhile */ }
    // what has come is read, and timers that are due run
    await delay(1)
    assert.equal(silences, 0)
  })

  it('begins anew with every word, and rests where nobody is waited for', async () => {
    for (let word = 0; word < 5; word++) {
      await delay(40)
      waiting.heard()
    }
    assert.equal(silences, 0)
    waiting.pause()
    await delay(300)
    assert.equal(silences, 0)
    waiting.heard()
    while (silences < 1) await delay(10)
  })
})
