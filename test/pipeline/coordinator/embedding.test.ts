import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Feature, Finish, Open, Refused, RefusedCode, Result, RING_PROTOCOL, RingType } from '../../../protocols/ring/index.ts'
import { encodeFrame, payloadOf, readHeader } from '../../../protocols/frame/index.ts'
import { HIDDEN, LAYERS, hiddenStates } from '../support/fake-model.ts'
import { REQUEST, fakeSwarm, record } from '../support/fake-swarm.ts'
import { SPARES, fakeSwarm as swarmOfTwo, nothingHeld, withTime } from '../support/disturbed.ts'
import { rawLink } from '../support/raw-stage.ts'
import type { GenerateEvent, GenerateRequest, Pooling } from '../../../src/pipeline/index.ts'

const PROMPT = Array.from({ length: 70 }, (_, index) => index * 7 % 64)
const poolings: readonly Pooling[] = ['mean', 'last']

/** One event, as of a node alone. */
async function expected (ids: readonly number[], pooling: Pooling): Promise<Float32Array> {
  const rows = await hiddenStates(ids)
  return pooling === 'last'
    ? Float32Array.from(rows.at(-1) ?? [])
    : Float32Array.from({ length: HIDDEN }, (_, column) => rows.reduce((sum, row) => sum + (row[column] ?? NaN), 0) / rows.length)
}

const vectorsOf = (events: readonly GenerateEvent[]): Float32Array[] => events.flatMap((event) => event.kind === 'embedding' ? event.values : [])
const embedding = (embed: Pooling, ids = PROMPT): Partial<GenerateRequest> => ({ prompt: { kind: 'ids', ids }, maxTokens: 0, embed })

describe('an embedding', () => {
  it('is that of the unsplit model, however it is split, in chunks of any size', async () => {
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: LAYERS - 1 })), fc.constantFrom(...poolings), fc.constantFrom('f16', 'f32'),
      fc.array(fc.nat(63), { minLength: 1, maxLength: 80 }), fc.integer({ min: 2, max: 9 }),
      async (cuts, pooling, wire, ids, chunkRows) => {
        const bounds = [0, ...[...cuts].sort((a, b) => a - b), LAYERS]
        const spans = bounds.slice(1).map((end, index): [string, number, number] => [`p${index}`, bounds[index] ?? 0, end])
        const swarm = await fakeSwarm({ spans, coordinator: { chunkRows } })
        const events = await swarm.ask({ ...embedding(pooling, ids), wire })
        assert.deepEqual(events.map(({ kind }) => kind), ['started', 'embedding', 'done'])
        assert.deepEqual(vectorsOf(events), [await expected(ids, pooling)])
        const done = events.at(-1)
        assert.ok(done?.kind === 'done')
        assert.deepEqual([done.text, done.tokens, done.finishReason, done.usage], ['', [], 'stop', { promptTokens: ids.length, completionTokens: 0, cachedTokens: 0 }])
        await swarm.clock.advance(2000)
        assert.deepEqual(swarm.nodes.map(({ runner, server }) => [runner.reserved, server.sessions]), swarm.nodes.map(() => [0, 0]))
      }), { numRuns: 40 })
  })

  for (const pooling of poolings) {
    it(`is the same (${pooling}) whichever stage is lost, wherever it is, or hangs`, async () => {
      const vector = await expected(PROMPT, pooling)
      for (const peerId of ['a', 'b', 'x']) {
        for (const act of ['kill', 'mute'] as const) {
          for (let at = 0; at < PROMPT.length; at += 9) {
            const swarm = await swarmOfTwo({ ...SPARES, coordinator: { chunkRows: 8 } })
            const victim = swarm.nodes.find((node) => node.peerId === peerId)
            assert.ok(victim !== undefined)
            victim.runner.before = (position) => { if (position + 8 > at) swarm.network[act](peerId) }
            const events = await withTime(swarm, swarm.ask(embedding(pooling)))
            assert.deepEqual(vectorsOf(events), [vector], `${peerId} at ${at}`)
            const done = events.at(-1)
            assert.ok(done?.kind === 'done' && done.route.some((stage) => stage.peerId === `${peerId}2`))
            await nothingHeld(swarm, [peerId])
          }
        }
      }
    })
  }

  it('takes every row of the prompt for a mean, and may leave out what the stages still have for the last', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 3], ['b', 3, LAYERS]] })
    const cachedOf = async (request: Partial<GenerateRequest>): Promise<number | undefined> => {
      const events = await swarm.ask(request)
      await swarm.clock.advance(2000)
      const done = events.at(-1)
      assert.ok(request.embed !== undefined && done?.kind === 'done')
      assert.deepEqual(vectorsOf(events), [await expected(PROMPT, request.embed)])
      return done.usage.cachedTokens
    }
    const seen: Array<number | undefined> = []
    for (const pooling of ['mean', 'last', 'last', 'mean'] as const) seen.push(await cachedOf(embedding(pooling)))
    // a mean leaves nothing either
    assert.deepEqual(seen, [0, 0, 64, 0])
  })

  it('asks the head for no more than one row a chunk', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, LAYERS]] })
    await swarm.ask(embedding('last'))
    assert.deepEqual(swarm.nodes[0]?.runner.runs.map(({ score }) => score), [1])
  })

  for (const [what, rest] of [
    ['an answer', { maxTokens: 1 }],
    ['scores', { scorePrompt: true }],
    ['an answer that goes on', { generatedIds: [1] }],
    ['tools', { tools: [{ name: 'x' }], prompt: { kind: 'chat', messages: [{ role: 'user', content: 'A' }] } }],
    ['a format', { format: { kind: 'json' } }],
    ['another pooling', { embed: 'max' as Pooling }] // `as`: from a program without types
  ] as const satisfies ReadonlyArray<readonly [string, Partial<GenerateRequest>]>) {
    it(`does not come with ${what}`, async () => {
      const swarm = await fakeSwarm({ spans: [['a', 0, LAYERS]] })
      await assert.rejects(swarm.ask({ ...embedding('mean'), ...rest }), { name: 'RequestError' })
      assert.equal(swarm.network.links.length, 0)
    })
  }

  it('is asked of nobody who does not know of it', async () => {
    const swarm = await fakeSwarm({ spans: [['a', 0, 3]] })
    swarm.records.push(record('old', [{ start: 3, end: LAYERS }]))
    const required: string[] = []
    await swarm.network.host('old').handle(RING_PROTOCOL, (link) => {
      const raw = rawLink(link)
      setImmediate(() => {
        const opens = raw.of(RingType.open)
        for (const { payload } of opens) required.push(...Open.decode(payload).requires)
        if (opens.length > 0) raw.send({ type: RingType.refused }, Refused.encode({ code: RefusedCode.unsupported, message: 'what is that?', peerId: '' }))
      })
    })
    await assert.rejects(withTime(swarm, swarm.ask(embedding('mean'))), { name: 'NoCapacityError' })
    assert.deepEqual([...new Set(required)], [Feature.embed])
  })

  /** The tail's RESULT in other words. */
  async function lied (request: Partial<GenerateRequest>, lie: (result: Result) => Partial<Result>): Promise<GenerateEvent[]> {
    const swarm = await swarmOfTwo(SPARES)
    swarm.network.disturb = (frame, from) => {
      if (from !== 'x' || readHeader(frame).type !== RingType.result) return [frame]
      const result = Result.decode(payloadOf(frame))
      return [encodeFrame(readHeader(frame), Result.encode({ ...result, ...lie(result) }))]
    }
    const events: GenerateEvent[] = []
    const asked = (async () => { for await (const event of swarm.coordinator.generate({ ...REQUEST, ...request })) events.push(event) })()
    await withTime(swarm, asked)
    return events
  }

  for (const [what, lie] of [
    ['too short', ({ embedding: bytes }) => ({ embedding: bytes.slice(4) })],
    ['too long', ({ embedding: bytes }) => ({ embedding: Uint8Array.of(...bytes, 0, 0, 0, 0) })],
    ['no whole numbers', ({ embedding: bytes }) => ({ embedding: bytes.slice(1) })],
    ['not there', () => ({ embedding: new Uint8Array(0) })],
    ['not finite', ({ embedding: bytes }) => ({ embedding: Uint8Array.of(0, 0, 0xc0, 0x7f, ...bytes.slice(4)) })],
    ['as long as an answer', () => ({ finish: Finish.length })]
  ] as const satisfies ReadonlyArray<readonly [string, (result: Result) => Partial<Result>]>) {
    it(`that is ${what} is the last stage's fault: another one gives it`, async () => {
      const events = await lied(embedding('mean'), lie)
      assert.deepEqual(vectorsOf(events), [await expected(PROMPT, 'mean')])
      const done = events.at(-1)
      assert.ok(done?.kind === 'done')
      assert.equal(done.route.at(-1)?.peerId, 'x2')
    })
  }

  it('that nobody asked for is the last stage\'s fault', async () => {
    const events = await lied({}, () => ({ embedding: new Uint8Array(4 * HIDDEN) }))
    assert.deepEqual(vectorsOf(events), [])
    const done = events.at(-1)
    assert.ok(done?.kind === 'done')
    assert.equal(done.route.at(-1)?.peerId, 'x2')
  })
})
