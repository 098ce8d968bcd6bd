import assert from 'node:assert/strict'
import { findModel } from '../../src/client/find-model.ts'
import { NobodyServesError, type ProgressEvent } from '../../src/client/index.ts'
import { description, MODEL } from '../swarm/description.ts'
import type { Look, NodeRecord } from '../../src/swarm/index.ts'

const node = (peerId: string, start: number, end: number): NodeRecord => ({ ...description(peerId, start, end), peerId, seq: 1n, expiresAtMs: 1 })
const [a, b] = [node('a', 0, 4), node('b', 4, 8)]

/** What each look sees, the last one for ever; a look takes no time, the wait behind it does. */
async function finding (...looks: Look[]): Promise<{ found: string, tookMs: number, events: string[] }> {
  let ms = 0
  let index = -1
  const events: ProgressEvent[] = []
  const seen = (): Look => looks[Math.min(index, looks.length - 1)] ?? assert.fail('no look')
  const found = await findModel({
    swarm: {
      nodes: () => seen().nodes,
      refresh: () => {
        index++
        return Promise.resolve(seen())
      }
    },
    joined: ['a'],
    now: () => ms,
    wait: (waited) => {
      ms += waited
      return Promise.resolve()
    }
  }, { asked: 'atlas', on: (event) => { events.push(event) } }).then(({ modelId }) => modelId, (error: unknown) => {
    assert.ok(error instanceof NobodyServesError)
    return error.message
  })
  return { found, tookMs: ms, events: events.map(({ kind }) => kind) }
}

describe('finding a model', () => {
  it('takes what the first look shows', async () => {
    assert.deepEqual(await finding({ nodes: [a, b], isWhole: true }), { found: MODEL, tookMs: 0, events: ['finding', 'model'] })
  })

  it('says after three seconds who is missing, where looks that went well show nobody new', async () => {
    const { found, tookMs, events } = await finding({ nodes: [a], isWhole: true })
    assert.match(found, /nobody serves layers 4 to 7 of atlas/)
    assert.ok(tookMs > 3_000 && tookMs <= 3_500, `${tookMs} ms`)
    assert.deepEqual(events, ['finding', 'waiting'])
  })

  it('goes on for ten where they did not go well, or did not even show the node that was joined', async () => {
    const late = Array.from({ length: 30 }, (): Look => ({ nodes: [a], isWhole: false }))
    assert.equal((await finding(...late, { nodes: [a, b], isWhole: false })).found, MODEL)
    for (const look of [{ nodes: [a], isWhole: false }, { nodes: [b], isWhole: true }]) {
      const { tookMs } = await finding(look)
      assert.ok(tookMs > 10_000 && tookMs <= 10_500, `${tookMs} ms`)
    }
  })

  it('does not take the look that shows somebody new for the last word', async () => {
    const slow = Array.from({ length: 13 }, (): Look => ({ nodes: [], isWhole: false }))
    assert.equal((await finding(...slow, { nodes: [a], isWhole: true }, { nodes: [a, b], isWhole: true })).found, MODEL)
  })
})
