import assert from 'node:assert/strict'
import { departure, type Departure } from '../../src/daemon/departure.ts'
import { obey } from '../../src/daemon/orders.ts'
import type { NodeStatus } from '../../src/daemon/control/index.ts'
import type { AbortOptions } from '@libp2p/interface'

interface Fake {
  readonly node: Departure
  readonly did: string[]
  readonly ending: AbortController
  sessions: number
  answers: number
  /** What is at work comes to its end. */
  finish (): void
}

function fake (drainTimeoutMs = 60_000): Fake {
  const did: string[] = []
  const waiting = new Set<() => void>()
  const ending = new AbortController()
  const drain = (busy: () => boolean) => async ({ signal }: AbortOptions = {}): Promise<void> => {
    if (!busy()) return
    await new Promise<void>((resolve, reject) => {
      waiting.add(resolve)
      signal?.addEventListener('abort', () => { reject(new Error('late')) })
    })
  }
  const all = {
    sessions: 0,
    answers: 0,
    did,
    ending,
    finish () {
      all.sessions = all.answers = 0
      waiting.forEach((resolve) => { resolve() })
    }
  }
  const node = departure({
    stages: { leave () { did.push('leave') }, stay () { did.push('stay') }, drain: drain(() => all.sessions > 0), get sessions () { return all.sessions } },
    coordinator: {
      drain: drain(() => all.answers > 0),
      stop: async () => {
        did.push('end answers')
        all.finish()
        await Promise.resolve()
      },
      get sessions () { return all.answers }
    },
    gateway: undefined,
    elsewhere: () => 0,
    ending,
    announce: (state) => { did.push(state) }
  }, { drainTimeoutMs })
  return Object.assign(all, { node })
}

describe('a departure', () => {
  it('pauses and resumes, each of them once', () => {
    const { node, did } = fake()
    assert.deepEqual([node.resume(), node.pause(), node.pause(), node.status().phase, node.resume(), node.resume(), node.status().phase], [false, true, false, 'paused', true, false, 'serving'])
    assert.deepEqual(did, ['draining', 'leave', 'stay', 'online'])
  })

  it('says so before sessions are handed over, and stops when nothing is at work', async () => {
    const { node, did } = fake()
    assert.equal(await node.stop(), true)
    assert.deepEqual(did, ['draining', 'leave'])
    await node.stopping
  })

  it('waits for what is at work', async () => {
    const all = fake()
    all.answers = 2
    const stopped = all.node.stop()
    assert.deepEqual(all.node.status(), { phase: 'stopping', changed: false, left: 2, drainTimeoutMs: 60_000 })
    all.finish()
    assert.equal(await stopped, true)
    assert.ok(!all.did.includes('end answers'))
  })

  it('ends what is not done in time', async () => {
    const all = fake(0)
    all.answers = all.sessions = 1
    assert.equal(await all.node.stop(), false)
    assert.ok(all.did.includes('end answers'))
    assert.ok(all.ending.signal.aborted)
  })

  it('hurries when it is asked again with less time', async () => {
    const all = fake()
    all.answers = 1
    const [first, second] = await Promise.all([all.node.stop(), all.node.stop({ drainTimeoutMs: 0 })])
    assert.deepEqual([first, second], [false, false])
  })

  it('refuses to pause and resume a node that stops', async () => {
    const { node } = fake()
    await node.stop()
    for (const act of [node.pause, node.resume]) assert.throws(act, { name: 'ControlError', message: /is stopping/ })
  })

  it('tells whoever asked for the stop how it went', async () => {
    const all = fake()
    all.sessions = 1
    const told: NodeStatus[] = []
    for await (const status of obey({ node: all.node, traces: { list: () => [], find: () => [] }, overview: () => assert.fail('nobody asked') }, { command: 'stop', drainTimeoutMs: 5000 })) {
      if ('phase' in status) told.push(status)
      if (told.length === 1) all.finish()
    }
    assert.deepEqual([told[0]?.left, told[0]?.drainTimeoutMs, told.at(-1)?.left, told.at(-1)?.drained], [1, 5000, 0, true])
  })
})
