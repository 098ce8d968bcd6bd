import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createEngine, NoCapacityError, type Engine, type SpanRunner } from '../../src/engine/index.ts'
import { promptChunks } from '../../src/pipeline/coordinator/request.ts'
import { keyList, prefixKeys } from '../../src/pipeline/prefix.ts'
import { lease } from '../../src/pipeline/stage/lease.ts'
import { prefixCache, type PrefixCache } from '../../src/pipeline/stage/prefix-cache.ts'
import { argmax, imported } from '../support/reference.ts'

/** One session's life. */
interface Life {
  /** Which of a few beginnings the prompt has, and how long the rest is. */
  readonly beginning: number
  readonly rest: number
  readonly tokens: number
  readonly chunkRows: number
  /** Tokens after which it is cancelled, while its next step waits or runs. */
  readonly cancelAfter: number | undefined
  /** Tokens after which it goes back by so many. */
  readonly rewind: { readonly after: number, readonly by: number } | undefined
  /** Turns of others before it comes. */
  readonly late: number
  readonly coordinator: string
}

const BEGINNINGS = [0, 64, 130, 200, 512]

const life: fc.Arbitrary<Life> = fc.record({
  beginning: fc.nat(BEGINNINGS.length - 1),
  rest: fc.integer({ min: 1, max: 90 }),
  tokens: fc.integer({ min: 1, max: 12 }),
  chunkRows: fc.integer({ min: 2, max: 160 }),
  cancelAfter: fc.option(fc.nat(10), { nil: undefined, freq: 4 }),
  rewind: fc.option(fc.record({ after: fc.integer({ min: 1, max: 8 }), by: fc.integer({ min: 1, max: 6 }) }), { nil: undefined }),
  late: fc.nat(3),
  coordinator: fc.constantFrom('ann', 'bob')
})

const promptOf = ({ beginning, rest }: Life): number[] => {
  const length = BEGINNINGS[beginning] ?? 0
  return [
    ...Array.from({ length }, (_, index) => 20 + (index * 31 + beginning * 7) % 400),
    ...Array.from({ length: rest }, (_, index) => 20 + (index * 13 + rest * 5) % 400)
  ]
}

describe('many sessions on one span of the embedded model', function () {
  this.timeout(240_000)
  let engine: Engine
  let source: Awaited<ReturnType<typeof imported>>
  let alone: SpanRunner
  const known = new Map<string, number[]>()

  before(async () => {
    source = await imported('models/atlas')
    engine = await createEngine({ device: 'cpu', threads: 1 })
    alone = await load(4, Infinity)
  })

  after(async () => { await engine.close() })

  const load = async (slots: number, kvBytes: number): Promise<SpanRunner> =>
    engine.load(source, { start: 0, end: source.manifest.config.layerCount }, { compute: 'fast', slots, kvBytes })

  async function session (runner: SpanRunner, cache: PrefixCache, one: Life, turn: () => Promise<void>): Promise<{ ids: number[], cached: number }> {
    const promptIds = promptOf(one)
    const keys = keyList(prefixKeys({ wire: 'f32', compute: 'fast', ropeVariant: 0, upstream: [] }, promptIds))
    for (let wait = 0; wait < one.late; wait++) await turn()
    const positions = promptIds.length + one.tokens
    let leased
    while (leased === undefined) {
      try {
        leased = lease({ runner, cache, coordinator: one.coordinator, keys, positions })
      } catch (error) {
        if (!(error instanceof NoCapacityError)) throw error
        await turn()
      }
    }
    const { slot } = leased
    const stop = new AbortController()
    const ids: number[] = []
    const step = async (position: number, input: readonly number[], score: number): Promise<number> => {
      let next = -1
      const consume = (logits: Float32Array): void => { if (score > 0) next = argmax(logits.subarray((score - 1) * runner.vocabSize)) }
      await runner.run([{ slot, position, input: Uint32Array.from(input), score, consume }], { signal: stop.signal })
      return next
    }
    let ended = false
    let cached = 0
    try {
      cached = Math.max(0, Math.min(await leased.prepare(), promptIds.length - 2))
      let next = -1
      for (const { from, to } of promptChunks(cached, promptIds.length, one.chunkRows)) {
        next = await step(from, promptIds.slice(from, to), to === promptIds.length ? 1 : 0)
        leased.filled(to)
      }
      let rewind = one.rewind
      ids.push(next)
      while (ids.length < one.tokens) {
        if (rewind !== undefined && ids.length >= rewind.after) {
          ids.length = Math.max(1, ids.length - rewind.by)
          rewind = undefined
        }
        const going = step(promptIds.length + ids.length - 1, ids.slice(-1), 1)
        if (one.cancelAfter !== undefined && ids.length > one.cancelAfter) stop.abort(new Error('cancelled'))
        ids.push(await going)
      }
      ended = true
    } catch (error) {
      if (!stop.signal.aborted) throw error
    } finally {
      leased.release(ended)
    }
    return { ids, cached }
  }

  /** What the session gives when nobody else is there and nothing is reused. */
  async function expected (one: Life): Promise<number[]> {
    const name = JSON.stringify([promptOf(one), one.tokens])
    const found = known.get(name)
    if (found !== undefined) return found
    const { ids } = await session(alone, prefixCache(), { ...one, cancelAfter: undefined, rewind: undefined, late: 0, chunkRows: 128 }, () => Promise.resolve())
    known.set(name, ids)
    return ids
  }

  it('gives each the ids it gives alone, whatever comes, goes back, is cancelled, reused or evicted, and frees everything', async () => {
    let reused = 0
    // lives at random begin alike now and then: a few more, where none did
    for (let rounds = 0; reused === 0 && rounds < 5; rounds++) {
      await fc.assert(fc.asyncProperty(fc.array(life, { minLength: 2, maxLength: 14 }), fc.integer({ min: 2, max: 6 }), async (lives, slots) => {
        const wanted: number[][] = []
        for (const one of lives) wanted.push(await expected(one))
        // room for a few sessions and few parked prompts: some wait, some prompts are evicted
        const runner = await load(slots, 5 * 512 * alone.kvBytesPerPosition + 2048 * alone.kvBytesPerPosition)
        const fresh = runner.freeSlots()
        const cache = prefixCache()
        let turns: Array<() => void> = []
        const turn = async (): Promise<void> => new Promise((resolve) => { turns.push(resolve) })
        let left = lives.length
        const all = Promise.all(lives.map(async (one) => {
          const done = await session(runner, cache, one, turn)
          left--
          return done
        }))
        while (left > 0) {
          await new Promise((resolve) => { setImmediate(resolve) })
          turns.splice(0).forEach((go) => { go() })
        }
        for (const [index, { ids, cached }] of (await all).entries()) {
          const same = wanted[index] ?? []
          assert.deepEqual(ids, same.slice(0, ids.length))
          if (lives[index]?.cancelAfter === undefined) assert.equal(ids.length, same.length)
          reused += cached
        }
        turns = []
        assert.deepEqual(runner.freeSlots(), fresh)
        await runner.close()
      }), { numRuns: 12 })
    }
    assert.ok(reused > 0, 'no prompt was ever reused')
  })

  it('reuses nothing of what another coordinator left', async () => {
    const runner = await load(4, Infinity)
    const cache = prefixCache()
    const one: Life = { beginning: 3, rest: 20, tokens: 2, chunkRows: 64, cancelAfter: undefined, rewind: undefined, late: 0, coordinator: 'ann' }
    const at = async (changes: Partial<Life>): Promise<number> => (await session(runner, cache, { ...one, ...changes }, () => Promise.resolve())).cached
    assert.equal(await at({}), 0)
    assert.equal(await at({ coordinator: 'bob' }), 0)
    assert.equal(await at({ rest: 30 }), 192)
    assert.equal(await at({ coordinator: 'bob', rest: 30 }), 192)
    await runner.close()
  })

  it('moves a session to a larger slot while others go on, and gives the same ids', async () => {
    const runner = await load(4, Infinity)
    const long: Life = { beginning: 4, rest: 1, tokens: 12, chunkRows: 128, cancelAfter: undefined, rewind: undefined, late: 0, coordinator: 'ann' }
    const short: Life = { ...long, beginning: 0, rest: 30 }
    const cache = prefixCache()
    const both = await Promise.all([session(runner, cache, long, () => Promise.resolve()), session(runner, cache, short, () => Promise.resolve())])
    assert.deepEqual(both.map(({ ids }) => ids), [await expected(long), await expected(short)])
    await runner.close()
  })
})
