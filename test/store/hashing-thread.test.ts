import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { hashingThread, type HashingThread, type SharedBytes } from '../../src/store/hashing-thread.ts'
import { shared } from './support/shared.ts'

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

describe('a thread that hashes', () => {
  let thread: HashingThread
  beforeEach(() => { thread = hashingThread() })
  afterEach(async () => { await thread.close() })

  const pieces = ['one', 'two', 'three'].map((text) => Buffer.from(text))
  const hashes = Buffer.concat(pieces.map(sha256))
  const piece = (index: number): SharedBytes => shared(pieces[index] ?? Buffer.alloc(0))

  it('tells right pieces from wrong ones, and leaves their memory as it is', async () => {
    const hasher = thread.blob(hashes)
    const bytes = piece(0)
    assert.equal((await hasher.check(0, bytes)).isRight, true)
    assert.deepEqual(bytes, piece(0))
    assert.equal((await hasher.check(1, piece(2))).isRight, false)
    assert.equal((await hasher.check(3, piece(0))).isRight, false)
  })

  it('hashes the whole of what is right, in order, whatever else is asked', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { maxLength: 12 }), async (asked) => {
      const hasher = thread.blob(hashes)
      let next = 0
      for (const [at, of] of asked) {
        const { isRight, hashed, whole } = await hasher.check(at, piece(of))
        if (at === of && at === next) next++
        assert.equal(isRight, at === of)
        assert.equal(hashed, next)
        assert.deepEqual(whole && Buffer.from(whole), next === 3 ? sha256(Buffer.concat(pieces)) : undefined)
      }
    }), { numRuns: 50 })
  })

  it('keeps blobs apart, and answers all that is asked at once', async () => {
    const [one, other] = [thread.blob(hashes), thread.blob(hashes)]
    const answers = await Promise.all([one.check(0, piece(0)), other.check(0, piece(0)), one.check(1, piece(1)), one.check(2, piece(2))])
    assert.deepEqual(answers.map(({ hashed }) => hashed), [1, 1, 2, 3])
  })

  it('leaves nobody waiting when it is closed', async () => {
    const hasher = thread.blob(hashes)
    const waiting = assert.rejects(hasher.check(0, piece(0)), /was stopped/)
    await thread.close()
    await waiting
    await assert.rejects(hasher.check(1, piece(1)), /was stopped/)
  })
})
