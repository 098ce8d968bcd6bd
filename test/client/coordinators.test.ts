import assert from 'node:assert/strict'
import { coordinators, type Candidate, type Coordinators } from '../../src/client/coordinators.ts'
import { MODEL, record } from '../pipeline/support/fake-swarm.ts'
import { settle } from '../pipeline/support/virtual-clock.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

const holder = (peerId: string, seq = 1n): NodeRecord => ({ ...record(peerId, [{ start: 0, end: 2 }]), seq })
const distances: Readonly<Record<string, number>> = { near: 1, close: 9, far: 90 }

/** A swarm whose looks end when the test says so. */
function fakeLooks (...records: NodeRecord[]): { records: NodeRecord[], looks: Array<() => void>, changed (): void, others: Coordinators } {
  const looks: Array<() => void> = []
  const listeners = new Set<() => void>()
  return {
    records,
    looks,
    changed () { listeners.forEach((listener) => { listener() }) },
    others: coordinators({
      nodes: () => records,
      refresh: () => new Promise((resolve) => { looks.push(() => { resolve({ nodes: records, isWhole: true }) }) }),
      roundTripMs: (peerId) => distances[peerId],
      onChange (listener) {
        listeners.add(listener)
        return () => { listeners.delete(listener) }
      }
    })
  }
}

const find = async (others: Coordinators, ...tried: string[]): Promise<Candidate | undefined> => await others.find(MODEL, new Set(tried), undefined)
const idOf = (candidate: Candidate | undefined): string | undefined => candidate?.peerId

describe('who may coordinate', () => {
  it('is the nearest online holder of layer 0 that was not tried', async () => {
    const { others } = fakeLooks(record('later', [{ start: 2, end: 4 }]), holder('unmeasured'), holder('far'), holder('near'))
    assert.equal(idOf(await find(others)), 'near')
    assert.equal(idOf(await find(others, 'near/1')), 'far')
    assert.equal(idOf(await find(others, 'near/1', 'far/1')), 'unmeasured')
  })

  it('is any one of those as near, but for one client always the same', async () => {
    const chosen = new Set<string | undefined>()
    for (let client = 0; client < 64; client++) {
      const { others } = fakeLooks(holder('near'), holder('far'), holder('close'))
      const first = idOf(await find(others))
      chosen.add(first)
      for (let question = 0; question < 4; question++) assert.equal(idOf(await find(others)), first)
    }
    assert.deepEqual([...chosen].sort(), ['close', 'near'])
  })

  it('comes last once lost, until it tells of itself anew', async () => {
    const { others, records } = fakeLooks(holder('near'), holder('far'))
    others.lost(MODEL, holder('near'))
    assert.equal(idOf(await find(others)), 'far')
    assert.equal(idOf(await find(others, 'far/1')), 'near')
    records.splice(0, 1, holder('near', 2n))
    assert.equal(idOf(await find(others)), 'near')
  })

  it('is looked for once a model in advance, and while the next is tried where few are left', async () => {
    const { others, looks } = fakeLooks(holder('near'), holder('close'), holder('far'))
    await find(others)
    await find(others)
    assert.equal(looks.length, 1)
    looks[0]?.()
    await settle()
    others.lost(MODEL, holder('close'))
    assert.equal(looks.length, 1)
    others.lost(MODEL, holder('near'))
    assert.equal(looks.length, 2)
    assert.equal(idOf(await find(others, 'near/1')), 'far')
  })

  it('is taken as soon as it turns up, though the look is not over', async () => {
    const { others, records, changed } = fakeLooks()
    const found = find(others)
    await settle()
    changed()
    records.push(holder('far'))
    changed()
    assert.equal(idOf(await found), 'far')
  })

  it('is nobody where a look that began after the question brings nobody', async () => {
    const { others, looks } = fakeLooks(holder('near'))
    others.lost(MODEL, holder('near'))
    const found = find(others, 'near/1')
    await settle()
    looks[0]?.()
    await settle()
    assert.equal(looks.length, 2)
    looks[1]?.()
    assert.equal(await found, undefined)
  })

  it('is not waited for beyond the signal', async () => {
    const { others } = fakeLooks()
    const cancel = new AbortController()
    const found = others.find(MODEL, new Set(), cancel.signal)
    await settle()
    cancel.abort(new Error('enough'))
    await assert.rejects(found, /enough/)
  })
})
