import assert from 'node:assert/strict'
import { schemaGrammar } from '../../../src/model/index.ts'
import { desk, type Desk } from '../../../src/pipeline/grammar/desk.ts'
import type { Answer } from '../../../src/pipeline/grammar/messages.ts'

const MiB = 1024 * 1024
const A = 97
/** All bytes, and runs of a letter, along which a mask meets many states. */
const tokens = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), ...Array.from({ length: 30 }, (_, index) => new Uint8Array(index + 2).fill(A))]
const lengths = tokens.map(({ length }) => length)
const packed = { bytes: new Uint8Array(Buffer.concat(tokens)), ends: Uint32Array.from(lengths, (_, id) => lengths.slice(0, id + 1).reduce((sum, length) => sum + length, 0)) }

/** So many readings of any text, none of which ends. */
const ambiguous = (readings: number): string => `root ::= (${Array.from({ length: readings }, () => '[a-z]{0,9000}').join('|')}) "!"`

function deskWith (texts: readonly string[], maxBytes?: number): { readonly held: Desk, read (session: number, keep: number, ids: readonly number[]): Answer | undefined } {
  const held = desk(maxBytes === undefined ? {} : { maxBytes })
  held.do({ kind: 'vocabulary', vocabulary: 0, tokens: packed })
  for (const [session, text] of texts.entries()) held.do({ kind: 'open', session, vocabulary: 0, plan: { text, visible: [] }, visible: [] })
  let request = 0
  return { held, read: (session, keep, ids) => held.do({ kind: 'read', session, request: ++request, keep, ids }) }
}

const maskOf = (answer: Answer | undefined): unknown => answer === undefined || !('mask' in answer) ? answer : answer.mask

describe('the grammars of all answers together', () => {
  it('take no more memory than they may, however much each of them would', () => {
    const { held, read } = deskWith(Array.from({ length: 6 }, () => ambiguous(400)), 8 * MiB)
    for (let count = 0; count < 8; count++) {
      for (let session = 0; session < 6; session++) {
        const answer = read(session, count, [A])
        assert.ok(answer !== undefined && 'mask' in answer, JSON.stringify(answer))
        assert.ok(held.bytes <= 8 * MiB, `${held.bytes} bytes`)
      }
    }
  }).timeout(60_000)

  it('have the same masks where they are dropped between any two tokens', () => {
    const texts = [schemaGrammar('{"type":"object","properties":{"name":{"type":"string","maxLength":9}},"required":["name"]}'), ambiguous(50)]
    const [kept, dropped] = [deskWith(texts), deskWith(texts, 0)]
    const written = [Array.from(Buffer.from('{"name": "aaa'), Number), Array.from({ length: 13 }, () => A)]
    for (let place = 0; place < 13; place++) {
      for (const session of [0, 1]) {
        const ids = [written[session]?.[place] ?? 0]
        assert.deepEqual(maskOf(dropped.read(session, place, ids)), maskOf(kept.read(session, place, ids)))
        assert.deepEqual([dropped.held.bytes, kept.held.bytes > 0], [0, true])
      }
    }
    assert.deepEqual(maskOf(dropped.read(0, 5, [])), maskOf(kept.read(0, 5, [])))
  })

  it('make room where most is taken: a small one stays as it is', () => {
    const { held, read } = deskWith(['root ::= "a"*', ambiguous(400)], MiB)
    read(0, 0, [A])
    const small = held.bytes
    read(1, 0, [A])
    assert.equal(held.bytes, small)
  })
})
