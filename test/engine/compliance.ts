import assert from 'node:assert/strict'
import { ContextLengthError, EngineRequestError, NoCapacityError, type Engine, type Slot, type SpanRunner, type Step } from '../../src/engine/index.ts'
import { argmax, difference, fixtureFolder, imported, tinyReference, type TinyPrompt } from '../support/reference.ts'
import { greedy, localRing } from './ring.ts'

export interface ComplianceInit {
  /** What logits may differ from the reference by, in `exact`. */
  readonly tolerance: number
}

/** What an engine on any device must do. */
export function engineCompliance (create: () => Promise<Engine>, { tolerance }: ComplianceInit): void {
  let engine: Engine
  let source: Awaited<ReturnType<typeof imported>>
  let prompts: TinyPrompt[]
  let whole: SpanRunner

  before(async () => {
    engine = await create()
    source = await imported(`${fixtureFolder}models/llama`)
    prompts = await tinyReference(`${fixtureFolder}models/llama`)
    whole = await engine.load(source, { start: 0, end: 4 }, { compute: 'exact', slots: 3, contextLength: 128 })
  })

  after(async () => { await engine.close() })

  const prompt = (index: number): TinyPrompt => {
    const found = prompts[index]
    assert.ok(found != null)
    return found
  }

  const step = (slot: Slot, rest: Partial<Step> = {}): Step => ({ slot, position: 0, input: Uint32Array.of(1, 2, 3), score: 1, consume: () => { /* looked at elsewhere */ }, ...rest })

  it('says what it runs on', () => {
    assert.ok(engine.device.label.length > 0)
    assert.match(engine.numericClass('exact'), new RegExp(`^ort-\\d+\\.\\d+\\.\\d+/.+/exact/kv-${engine.kvType('exact')}$`))
    assert.ok(whole.isHead && whole.isTail)
    assert.ok(whole.weightBytes > 0)
    assert.equal(whole.kvBytesPerPosition, 2 * 4 * 2 * 16 * (engine.kvType('exact') === 'f16' ? 2 : 4))
  })

  it('gives the reference\'s logits and greedy ids', async () => {
    for (const { inputIds, logits, greedy: expected } of prompts) {
      const ring = localRing([whole], inputIds.length + 8)
      assert.ok(difference((await ring.feed(inputIds, 0, 1)).slice(), logits) <= tolerance)
      assert.deepEqual(await greedy(ring, inputIds, 8, argmax), expected.ids.slice(0, 8))
      ring.release()
    }
  })

  it('gives the same ids from two spans as from one', async () => {
    const halves = [await engine.load(source, { start: 0, end: 1 }, { compute: 'exact' }), await engine.load(source, { start: 1, end: 4 }, { compute: 'exact' })]
    const { inputIds, greedy: expected } = prompt(2)
    const ring = localRing(halves, 64)
    assert.deepEqual(await greedy(ring, inputIds, 8, argmax), expected.ids.slice(0, 8))
    ring.release()
    await Promise.all(halves.map(async (half) => { await half.close() }))
  })

  it('takes a prompt in chunks, and goes back to an earlier position', async () => {
    const { inputIds, logits } = prompt(2)
    const ring = localRing([whole], 64)
    await ring.feed(inputIds.slice(0, 15), 0, 0)
    await ring.feed([5, 6, 7, 8], 15, 0)
    const last = await ring.feed(inputIds.slice(15), 15, 1)
    assert.ok(difference(last.slice(), logits) <= tolerance)
    ring.release()
  })

  it('scores as many trailing rows as asked, and none', async () => {
    const { inputIds } = prompt(1)
    const ring = localRing([whole], 64)
    const all = (await ring.feed(inputIds, 0, inputIds.length)).slice()
    assert.equal(all.length, inputIds.length * whole.vocabSize)
    const last = (await ring.feed(inputIds, 0, 1)).slice()
    assert.ok(difference(last, all.slice(-whole.vocabSize)) <= tolerance)
    assert.equal((await ring.feed(inputIds, 0, 0)).length, 0)
    ring.release()
  })

  it('gives the reference\'s hidden states behind the last norm where they are wanted, and logits again', async () => {
    for (const { inputIds, logits, hidden } of prompts) {
      if (hidden === undefined) continue
      for (const score of [inputIds.length, 1]) {
        const ring = localRing([whole], inputIds.length, 0, 'hidden')
        const values = await ring.feed(inputIds, 0, score)
        ring.release()
        assert.ok(difference(values, hidden.slice(-score * whole.hiddenSize)) <= tolerance)
        const after = localRing([whole], inputIds.length)
        assert.ok(difference(await after.feed(inputIds, 0, 1), logits) <= tolerance)
        after.release()
      }
    }
  })

  it('keeps sessions apart that run in one call and at the same time', async () => {
    const [a, b] = [prompt(1), prompt(2)]
    const slots = [whole.reserve(64), whole.reserve(64)]
    const logits: Float32Array[] = []
    await whole.run([a, b].map((one, index) => {
      const slot = slots[index]
      assert.ok(slot != null)
      return step(slot, { input: Uint32Array.from(one.inputIds), consume: (view) => { logits[index] = view.slice() } })
    }))
    assert.ok(difference(logits[0] ?? new Float32Array(), a.logits) <= tolerance)
    assert.ok(difference(logits[1] ?? new Float32Array(), b.logits) <= tolerance)
    slots.forEach((slot) => { slot.release() })
  })

  it('counts slots, refuses more than there are, and more positions than it holds', () => {
    const taken = [1, 2, 3].map(() => whole.reserve(100))
    assert.equal(Math.max(...Object.values(whole.freeSlots())), 0)
    assert.throws(() => whole.reserve(10), NoCapacityError)
    assert.throws(() => whole.reserve(129), ContextLengthError)
    taken.forEach((slot) => {
      slot.release()
      slot.release()
    })
    assert.equal(Math.max(...Object.values(whole.freeSlots())), 3)
  })

  it('refuses a wrong step before native code sees it, and goes on', async () => {
    const slot = whole.reserve(10)
    await whole.run([step(slot)])
    const wrong: Array<[string, Partial<Step>]> = [
      ['a gap', { position: 4 }], ['a negative position', { position: -1 }], ['half a position', { position: 0.5 }],
      ['no rows', { input: new Uint32Array() }], ['hidden states on the head', { input: new Float32Array(64) }],
      ['an id outside the vocabulary', { input: Uint32Array.of(512) }], ['rows beyond the capacity', { input: new Uint32Array(slot.capacity + 1) }],
      ['more scores than rows', { score: 4 }], ['a negative score', { score: -1 }]
    ]
    for (const [what, part] of wrong) {
      await assert.rejects(whole.run([step(slot, part)]), EngineRequestError, what)
    }
    await whole.run([step(slot, { position: 3 })])
    slot.release()
    await assert.rejects(whole.run([step(slot)]), EngineRequestError)
    const middle = await engine.load(source, { start: 1, end: 2 }, { compute: 'exact' })
    const other = middle.reserve(4)
    await assert.rejects(middle.run([step(other)]), EngineRequestError)
    await assert.rejects(middle.run([step(other, { input: new Float32Array(65) })]), EngineRequestError)
    await middle.close()
  })

  it('refuses layers that the model does not have', async () => {
    for (const span of [{ start: 2, end: 2 }, { start: -1, end: 2 }, { start: 0, end: 5 }]) {
      await assert.rejects(engine.load(source, span, { compute: 'exact' }), EngineRequestError)
    }
  })
}
