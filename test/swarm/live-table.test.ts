import assert from 'node:assert/strict'
import { boundedDatastore } from '../../src/swarm/bounded-datastore.ts'
import { liveTable } from '../../src/swarm/live-table.ts'
import { description } from './description.ts'
import type { OpenedRecord } from '../../src/swarm/node-record.ts'

const record = (peerId: string, seq: bigint, rest: Partial<OpenedRecord> = {}): OpenedRecord =>
  ({ ...description(`${peerId} ${seq}`), peerId, seq, gone: false, expiresAtMs: Date.now() + 60_000, ...rest })

describe('live table', () => {
  const open = (now: () => number = Date.now): ReturnType<typeof liveTable> => liveTable('self', now)

  it('keeps the newest record of every peer but its own, and tells of changes only', () => {
    const table = open()
    let changes = 0
    table.onChange(() => { changes++ })
    for (const one of [record('a', 2n), record('a', 1n), record('a', 2n), record('self', 9n), record('b', 1n)]) {
      table.take(one, true)
    }
    assert.deepEqual(table.live().map(({ name }) => name), ['a 2', 'b 1'])
    assert.equal(changes, 2)
    table.stop()
  })

  it('drops a peer that left, until its next record', () => {
    const table = open()
    table.take(record('a', 1n), true)
    table.take(record('a', 2n, { gone: true }), true)
    assert.equal(table.live().length, 0)
    table.take(record('a', 1n), true)
    assert.equal(table.live().length, 0)
    table.take(record('a', 3n), true)
    assert.equal(table.live().length, 1)
    table.stop()
  })

  it('says when a record expires', async () => {
    const table = open()
    table.take(record('a', 1n, { expiresAtMs: Date.now() + 30 }), true)
    await new Promise<void>((resolve) => { table.onChange(resolve) })
    assert.deepEqual(table.live(), [])
    table.stop()
  })

  it('lets strangers who merely send records push nobody out', () => {
    const table = open()
    for (let index = 0; index < 2000; index++) {
      table.take(record(`p${index}`, 1n), true)
    }
    table.take(record('sent', 1n), false)
    assert.equal(table.live().some(({ peerId }) => peerId === 'sent'), false)
    table.take(record('asked', 1n), true)
    assert.equal(table.live().some(({ peerId }) => peerId === 'asked'), true)
    assert.equal(table.live().length, 2000)
    table.stop()
  })
})

describe('bounded datastore', () => {
  it('keeps what was written last', async () => {
    const store = boundedDatastore(2)
    // `as`: the store reads nothing of a key but its text
    const key = (name: string): Parameters<typeof store.put>[0] => ({ toString: () => name }) as unknown as Parameters<typeof store.put>[0]
    for (const name of ['/a', '/b', '/a', '/c']) {
      await store.put(key(name), Uint8Array.of(1))
    }
    assert.deepEqual(await Promise.all(['/a', '/b', '/c'].map(async (name) => await store.has(key(name)))), [true, false, true])
  })
})
