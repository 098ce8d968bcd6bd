import assert from 'node:assert/strict'
import { partLoader, type PartLoader } from '../../src/daemon/part-loader.ts'
import { fakeModel, fakeRunner } from '../pipeline/support/fake-model.ts'
import { settle, virtualClock, type VirtualClock } from '../pipeline/support/virtual-clock.ts'
import type { SpanRunner } from '../../src/engine/index.ts'
import type { Span } from '../../src/model/index.ts'

interface Loads {
  readonly parts: PartLoader
  readonly clock: VirtualClock
  readonly spans: Span[]
  readonly errors: Error[]
  /** Bytes lent now. */
  readonly lent: number
  /** What a load waits for, and a close. */
  loading: (span: Span) => Promise<void>
  closing: (span: Span) => Promise<void>
}

function loads (): Loads {
  const clock = virtualClock()
  const spans: Span[] = []
  const errors: Error[] = []
  let lent = 0
  const whole: Pick<SpanRunner, 'span' | 'kvBytesPerPosition' | 'lend'> = {
    span: { start: 0, end: 6 },
    kvBytesPerPosition: 6,
    lend (bytes) {
      lent += bytes
      let is = true
      return () => {
        if (is) lent -= bytes
        is = false
      }
    }
  }
  const made: Loads = {
    clock,
    spans,
    errors,
    get lent () { return lent },
    loading: () => Promise.resolve(),
    closing: () => Promise.resolve(),
    parts: partLoader({
      engine: {
        async load (_source, span) {
          spans.push(span)
          await made.loading(span)
          return Object.assign(fakeRunner(span), { close: async () => { await made.closing(span) } })
        }
      },
      source: { manifest: fakeModel().manifest, blobFolder: '' },
      whole,
      compute: 'fast',
      contextLength: 10,
      onError (error) { errors.push(error) },
      clock
    })
  }
  return made
}

const FIRST: Span = { start: 1, end: 2 }
/** Two sessions of 10 positions in one layer. */
const ONE_LAYER = 20

describe('partLoader', () => {
  it('keeps a part for a minute after its last user, then closes it and gives its memory back', async () => {
    const made = loads()
    const first = await made.parts.open(FIRST, {})
    const second = await made.parts.open(FIRST, {})
    assert.deepEqual([first.runner === second.runner, made.spans.length, made.lent], [true, 1, ONE_LAYER])
    first.release()
    await made.clock.advance(100_000)
    assert.equal(made.lent, ONE_LAYER)
    second.release()
    await made.clock.advance(59_000)
    assert.equal(made.lent, ONE_LAYER)
    await made.clock.advance(2000)
    assert.equal(made.lent, 0)
  })

  it('gives back the memory of each, where a part is loaded again while it is closed', async () => {
    const made = loads()
    const gates = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    let closes = 0
    made.closing = async () => { await gates[closes++]?.promise }
    ;(await made.parts.open(FIRST, {})).release()
    await made.clock.advance(60_000)
    const second = await made.parts.open(FIRST, {})
    assert.equal(made.lent, 2 * ONE_LAYER)
    gates[0]?.resolve(undefined)
    await settle()
    assert.equal(made.lent, ONE_LAYER)
    second.release()
    await made.clock.advance(60_000)
    gates[1]?.resolve(undefined)
    await settle()
    assert.deepEqual([made.spans.length, made.lent], [2, 0])
  })

  it('tells of a part that can not be closed, and goes on', async () => {
    const made = loads()
    made.closing = () => Promise.reject(new Error('the device was lost'))
    ;(await made.parts.open(FIRST, {})).release()
    await made.clock.advance(60_000)
    assert.deepEqual([made.errors.map(({ message }) => message), made.lent], [['the device was lost'], 0])
    ;(await made.parts.open(FIRST, {})).release()
    assert.equal(made.spans.length, 2)
  })

  it('loads no more than four parts in half a minute, however often others are asked for', async () => {
    const made = loads()
    const spans = [1, 2, 3, 4, 5].flatMap((end) => Array.from({ length: end }, (_, start) => ({ start, end })))
    let refused = 0
    for (const span of spans) {
      await made.parts.open(span, {}).then(({ release }) => { release() }, (error: unknown) => {
        assert.equal(error instanceof Error ? error.name : '', 'NoCapacityError')
        refused++
      })
      await made.clock.advance(1000)
    }
    assert.deepEqual([made.spans.length, refused], [4, spans.length - 4])
    await made.clock.advance(20_000)
    ;(await made.parts.open({ start: 3, end: 5 }, {})).release()
    assert.equal(made.spans.length, 5)
  })

  it('holds nothing of a load that failed, or that nobody waits for any more', async () => {
    const made = loads()
    made.loading = () => Promise.reject(new Error('no such blob'))
    await assert.rejects(made.parts.open(FIRST, {}), /no such blob/)
    assert.equal(made.lent, 0)
    made.loading = () => Promise.resolve()
    await assert.rejects(made.parts.open(FIRST, { signal: AbortSignal.abort(new Error('gone')) }), /gone/)
    await made.clock.advance(60_000)
    assert.equal(made.lent, 0)
  })

  it('opens nothing any more once it closes, and waits for what is being loaded or closed', async () => {
    const made = loads()
    const gate = Promise.withResolvers<undefined>()
    ;(await made.parts.open({ start: 2, end: 3 }, {})).release()
    made.closing = async () => { await gate.promise }
    await made.clock.advance(60_000)
    const loading = Promise.withResolvers<undefined>()
    made.loading = async () => { await loading.promise }
    const asked = assert.rejects(made.parts.open(FIRST, {}), /stopping/)
    let closed = false
    const closing = made.parts.close().then(() => { closed = true })
    loading.resolve(undefined)
    await asked
    await assert.rejects(made.parts.open(FIRST, {}), { name: 'NoCapacityError' })
    assert.equal(closed, false)
    gate.resolve(undefined)
    await closing
    assert.deepEqual([made.spans.length, made.lent], [2, 0])
  })
})
