import assert from 'node:assert/strict'
import { peerPool } from '../../../src/store/index.ts'

describe('peers that may have blobs', () => {
  it('are asked again ever more seldom where they are out of reach', async () => {
    let nowMs = 0
    const asked: number[] = []
    const pool = peerPool({
      find: () => ['away'],
      async connect () {
        asked.push(nowMs)
        return await Promise.reject(new Error('nobody is there'))
      },
      now: () => nowMs
    }, { againMs: 100 })
    for (; nowMs < 3_000; nowMs += 50) await pool.look()
    pool.close()
    assert.deepEqual(asked, [0, 100, 300, 700, 1_300, 1_900, 2_500])
  })
})
