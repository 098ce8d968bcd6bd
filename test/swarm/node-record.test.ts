import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { MAX_NODE_RECORD_BYTES, NODE_RECORD_CODEC, NODE_RECORD_DOMAIN, NODE_RECORD_LIFE_MS, NodeRecord } from '../../protocols/node-record/index.ts'
import { DescriptionError, RecordError } from '../../src/swarm/index.ts'
import { openRecord, sealRecord } from '../../src/swarm/node-record.ts'
import { recordBook, recordKey } from '../../src/swarm/record-book.ts'
import { sequenceCounter } from '../../src/swarm/sequence.ts'
import { description } from './description.ts'
import type { NodeDescription, ServedSpan } from '../../src/swarm/index.ts'

const nowMs = 1_800_000_000_000
const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7))
const peerId = peerIdFromPrivateKey(key).toString()
const plain = description('a node')
const [span] = plain.spans
assert.ok(span != null)

const withSpan = (change: Partial<ServedSpan>): NodeDescription => ({ ...plain, spans: [{ ...span, ...change }] })

type Message = Parameters<typeof NodeRecord.encode>[0]

/** A signed record with any content, as somebody might make who keeps to no rule. */
async function signed (change: Partial<Message>, init: { domain?: string, codec?: Uint8Array, payload?: Uint8Array } = {}): Promise<Uint8Array> {
  const { domain = NODE_RECORD_DOMAIN, codec = NODE_RECORD_CODEC, payload } = init
  const fair = NodeRecord.decode((await RecordEnvelope.openAndCertify(await sealRecord(key, plain, { seq: 5n, nowMs }), NODE_RECORD_DOMAIN)).payload)
  const bytes = payload ?? NodeRecord.encode({ ...fair, ...change })
  return (await RecordEnvelope.seal({ domain, codec, marshal: () => bytes, equals: () => false }, key)).marshal()
}

describe('node record', () => {
  it('comes back as it was sealed', async () => {
    const { spans, ...rest } = await openRecord(await sealRecord(key, plain, { seq: 5n, nowMs }), { nowMs, peerId })
    const { spans: sent, ...described } = plain
    assert.deepEqual(rest, { ...described, peerId, seq: 5n, gone: false, expiresAtMs: nowMs + NODE_RECORD_LIFE_MS })
    assert.deepEqual(spans.map((one) => ({ ...one })), sent)
  })

  it('is written as the example in the README', async () => {
    const readme = readFileSync(new URL('../../protocols/node-record/README.md', import.meta.url), 'utf8')
    const [, block = ''] = /```hex\n([0-9a-f\s]+)```/.exec(readme) ?? []
    const sealed = await sealRecord(key, plain, { seq: 5n, nowMs })
    assert.equal(block.replace(/\s/g, ''), Buffer.from(sealed).toString('hex'))
  })

  it('loses control characters, and whatever turns the direction of text', async () => {
    const { name, spans } = await openRecord(await sealRecord(key, { ...withSpan({ label: 'at\u001b[2Jlas\u202e' }), name: 'a\u0000\n\u007f\u0085\u200bb' }, { seq: 1n, nowMs }), { nowMs })
    assert.equal(name, 'ab')
    assert.equal(spans[0]?.label, 'at[2Jlas')
  })

  it('names as many addresses as there is room for', async () => {
    const addresses = Array.from({ length: 20 }, (_, index) => `/ip4/10.0.0.${index}/udp/4001/webrtc-direct/certhash/${'u'.repeat(380)}`)
    const sealed = await sealRecord(key, { ...plain, addresses }, { seq: 1n, nowMs })
    assert.ok(sealed.byteLength <= MAX_NODE_RECORD_BYTES)
    const kept = (await openRecord(sealed, { nowMs })).addresses
    assert.ok(kept.length > 3 && kept.length < 16)
    assert.deepEqual(kept, addresses.slice(0, kept.length))
  })

  const refused: Record<string, NodeDescription> = {
    'nine spans': { ...plain, spans: new Array<ServedSpan>(9).fill(span) },
    'a label of more than 64 bytes': withSpan({ label: 'ä'.repeat(33) }),
    'a span without layers': withSpan({ start: 3, end: 3 }),
    'a span past the model\'s end': withSpan({ end: 9 }),
    'a rate that is no number': withSpan({ decodeMsPerToken: NaN }),
    'a rate without end': withSpan({ prefillTokensPerSecond: Infinity }),
    'a negative queue': withSpan({ queueMs: -1 }),
    'memory that is no number': { ...plain, memoryBytes: NaN },
    'more than fits': { ...plain, spans: new Array<ServedSpan>(8).fill({ ...span, modelId: 'm'.repeat(128), wires: new Array<string>(8).fill('w'.repeat(16)), label: 'l'.repeat(64) }), protocols: new Array<string>(32).fill('p'.repeat(80)) }
  }
  for (const [what, wrong] of Object.entries(refused)) {
    it(`is not made with ${what}`, async () => {
      await assert.rejects(sealRecord(key, wrong, { seq: 1n, nowMs }), DescriptionError)
    })
  }

  const wrong: Record<string, () => Promise<Uint8Array>> = {
    'another owner than the signer': async () => await signed({ peerId: peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString() }),
    'another signing domain': async () => await signed({}, { domain: 'libp2p-peer-record' }),
    'another payload type': async () => await signed({}, { codec: Uint8Array.of(3, 1) }),
    'a longer payload type': async () => await signed({}, { codec: Uint8Array.of(...NODE_RECORD_CODEC, 0) }),
    'an expiry long past': async () => await signed({ expiresAtMs: BigInt(nowMs - 31_000) }),
    'a life that is too long': async () => await signed({ expiresAtMs: BigInt(nowMs + NODE_RECORD_LIFE_MS + 31_000) }),
    'an expiry in the far future': async () => await signed({ expiresAtMs: 2n ** 64n - 1n }),
    'a payload that is no message': async () => await signed({}, { payload: new Uint8Array(64).fill(255) }),
    'no payload': async () => await signed({}, { payload: new Uint8Array(0) }),
    'more bytes than a record may have': async () => await signed({ numericClass: 'x'.repeat(5000) }),
    'an unknown state': async () => await signed({ spans: [{ ...span, wires: [], freeSlots: new Map(), state: 9, compute: 1 }] }),
    'bytes that are no envelope': async () => await Promise.resolve(new Uint8Array(100).fill(9)),
    'no bytes': async () => await Promise.resolve(new Uint8Array(0))
  }
  for (const [what, make] of Object.entries(wrong)) {
    it(`is refused with ${what}`, async () => {
      await assert.rejects(openRecord(await make(), { nowMs, peerId }), RecordError)
    })
  }

  it('says nothing else where any bit was changed: it is refused, or the bit carried no meaning', async () => {
    const sealed = await sealRecord(key, plain, { seq: 1n, nowMs })
    const meant = await openRecord(sealed, { nowMs, peerId })
    let accepted = 0
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice()
      changed[at] = (changed[at] ?? 0) ^ (1 << at % 8)
      const read = await openRecord(changed, { nowMs, peerId }).catch((error: unknown) => { assert.ok(error instanceof RecordError) })
      if (read != null) {
        accepted++
        assert.deepEqual(read, meant, `byte ${at}`)
      }
    }
    assert.ok(accepted < 8, `${accepted} changes went unnoticed`)
  })

  it('lives no longer because its owner\'s clock runs ahead', async () => {
    assert.equal((await openRecord(await sealRecord(key, plain, { seq: 1n, nowMs: nowMs + 20_000 }), { nowMs })).expiresAtMs, nowMs + NODE_RECORD_LIFE_MS)
  })
})

describe('record book', () => {
  it('lets nobody roll a record back, and tells of those that others store', async () => {
    const book = recordBook(() => nowMs)
    const stored: bigint[] = []
    book.onStored(({ seq }) => stored.push(seq))
    const [first, second] = await Promise.all([1n, 2n].map(async (seq) => await sealRecord(key, plain, { seq, nowMs })))
    assert.ok(first != null && second != null)
    await book.validate(recordKey(peerId), first)
    await book.validate(recordKey(peerId), second)
    await book.validate(recordKey(peerId), second.slice())
    await assert.rejects(book.validate(recordKey(peerId), first), /stale/)
    assert.deepEqual(stored, [1n, 2n, 2n])
    assert.equal(book.select(recordKey(peerId), [first, second]), 1)
  })

  it('wants a record under its owner\'s key, also one that it knows', async () => {
    const book = recordBook(() => nowMs)
    const sealed = await sealRecord(key, plain, { seq: 1n, nowMs })
    await book.check(sealed)
    const stranger = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    await assert.rejects(book.validate(recordKey(stranger), sealed), RecordError)
    await assert.rejects(book.validate(new TextEncoder().encode('/shoal-nod/x'), sealed), RecordError)
  })

  it('refuses a record that has expired since it was seen', async () => {
    let now = nowMs
    const book = recordBook(() => now)
    const sealed = await sealRecord(key, plain, { seq: 1n, nowMs })
    await book.check(sealed, peerId)
    now += NODE_RECORD_LIFE_MS + 31_000
    await assert.rejects(book.check(sealed, peerId), /expired/)
  })
})

describe('sequence', () => {
  it('follows the clock, and never falls back where the clock does', async () => {
    let now = 1000
    const saved: bigint[] = []
    const next = sequenceCounter(() => now, { load: async () => await Promise.resolve(2000n), save: async (seq) => { saved.push(seq); await Promise.resolve() } })
    assert.deepEqual(await Promise.all([next(), next()]), [2001n, 2002n])
    now = 5000
    assert.equal(await next(), 5000n)
    assert.equal(await next(), 5001n)
    assert.deepEqual(saved, [2001n, 2002n, 5000n, 5001n])
  })

  it('goes on after a failure to keep it', async () => {
    let broken = true
    const next = sequenceCounter(() => 7, { load: async () => await Promise.resolve(0n), save: async () => { await Promise.resolve(); if (broken) throw new Error('disk full') } })
    await assert.rejects(next(), /disk full/)
    broken = false
    assert.equal(await next(), 8n)
  })
})
