import assert from 'node:assert/strict'
import { suspects } from '../../../src/pipeline/coordinator/suspects.ts'
import { virtualClock } from '../support/virtual-clock.ts'

describe('suspects', () => {
  it('leaves a peer out for a while that doubles with each fault, up to ten minutes, and forgets with time', async () => {
    const clock = virtualClock()
    const suspected = suspects(clock)
    const outFor = async (): Promise<number> => {
      suspected.add('p')
      let seconds = 0
      for (; suspected.peers.has('p'); seconds++) await clock.advance(1000)
      return seconds
    }
    const waits: number[] = []
    for (let fault = 0; fault < 12; fault++) waits.push(await outFor())
    assert.equal(waits[0], 10)
    assert.ok(waits.every((seconds, index) => index === 0 || seconds >= (waits[index - 1] ?? 0)), String(waits))
    assert.ok((waits[1] ?? 0) > 19 && (waits[2] ?? 0) > 36 && Math.max(...waits) <= 600, String(waits))
    await clock.advance(24 * 3_600_000)
    assert.equal(await outFor(), 10)
  })

  it('takes a peer back that was only gone, as soon as it tells of itself anew', () => {
    const suspected = suspects(virtualClock())
    suspected.add('gone', 5n)
    suspected.add('liar')
    for (const peerId of ['gone', 'liar']) suspected.seen(peerId, 5n)
    assert.deepEqual([...suspected.peers], ['gone', 'liar'])
    for (const peerId of ['gone', 'liar']) suspected.seen(peerId, 6n)
    assert.deepEqual([...suspected.peers], ['liar'])
  })

  it('takes a peer back that worked', () => {
    const suspected = suspects(virtualClock())
    suspected.add('p')
    suspected.add('q')
    suspected.clear('p')
    assert.deepEqual([...suspected.peers], ['q'])
  })
})
