import assert from 'node:assert/strict'
import { isSameButForLoad } from '../../src/swarm/load.ts'
import { description } from './description.ts'
import type { ServedSpan } from '../../src/swarm/index.ts'

describe('load', () => {
  const before = description('a')
  const now = (change: Partial<ServedSpan>): typeof before => ({ ...before, spans: before.spans.map((span) => ({ ...span, ...change })) })

  it('is how busy a node is, unless it is full, or no longer', () => {
    for (const load of [{}, { queueMs: 9, decodeMsPerToken: 3, prefillTokensPerSecond: 1 }, { freeSlots: { 512: 1 } }]) assert.ok(isSameButForLoad(before, now(load)))
    for (const more of [{ freeSlots: { 512: 0 } }, { freeSlots: { 512: 4, 2048: 1 } }, { state: 'draining' as const }, { end: 5 }]) assert.ok(!isSameButForLoad(before, now(more)))
    assert.ok(!isSameButForLoad(now({ freeSlots: { 512: 0 } }), before))
    assert.ok(!isSameButForLoad(before, { ...before, addresses: [] }))
  })
})
